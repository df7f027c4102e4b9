"""Doctor on nginx: a real one with a small site, before something that answers as the web process does."""

import http.server
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from ops.doctor.check import Finding, Result
from ops.doctor.checks import nginx
from ops.doctor.whereabouts import Whereabouts
from ops.embedded import ports
from ops.embedded.ties import die_with_parent
from tests.ops.doctor.certificates import Authority
from tests.ops.doctor.processes import stopped
from tests.ports import free_port
from tests.tools import require
from tests.waiting import until

SITE = """
daemon off; {user}
pid {at}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;
    uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi; access_log off;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_certificate {at}/fullchain.pem;
        ssl_certificate_key {at}/privkey.pem;
        error_log {at}/error.log;
        location / {{ gzip {gzip}; gzip_proxied any; proxy_pass http://127.0.0.1:{web}; }}
    }}
}}
"""
WEB = ("process", "port")


class Web(http.server.BaseHTTPRequestHandler):
    """Answers a long text at each path."""

    def do_GET(self) -> None:
        """Answer."""
        body = b"<p>words and words</p>" * 100
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class Front:
    """nginx: its port, its pid and its log."""

    def __init__(self, program: str, at: Path, web: int, gzip: str) -> None:
        """Start it."""
        self.port, self.log = free_port(), at / "error.log"
        user = "user root;" if os.geteuid() == 0 else ""
        (at / "nginx.conf").write_text(SITE.format(at=at, user=user, port=self.port, web=web, gzip=gzip))
        self.process = subprocess.Popen(
            [program, "-p", str(at), "-c", str(at / "nginx.conf"), "-e", str(at / "nginx.log")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  # the hook takes no lock
        )
        assert until(lambda: ports.answers(self.port))

    def look(self, where: Whereabouts) -> Finding:
        """Return what doctor finds."""
        with override_settings(PUBLIC_URL=f"https://localhost:{self.port}", NGINX_ERROR_LOG=self.log):
            return nginx.look(where)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def web() -> Iterator[http.server.ThreadingHTTPServer]:
    """Something that answers."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Front]]:
    """``start(port)`` gives an nginx before that port."""
    program = require(request.config, "nginx")
    Authority().certify(tmp_path, "localhost", begins=-timedelta(days=1), ends=timedelta(days=9))
    started: list[Front] = []

    def begin(web: int, gzip: str = "on") -> Front:
        started.append(Front(program, tmp_path, web, gzip))
        return started[-1]

    yield begin
    for each in started:
        each.stop()


def written(log: Path, words: str, *, ago: timedelta) -> None:
    """Add a line as nginx writes it, in the machine's own time."""
    at = (datetime.now().astimezone() - ago).strftime("%Y/%m/%d %H:%M:%S")
    with log.open("a") as file:
        file.write(f'{at} [error] 7#7: *1 {words} upstream, request: "GET /secret-path HTTP/1.1"\n')


def test_without_tls_no_nginx_is_needed(where: Whereabouts) -> None:
    with override_settings(PUBLIC_URL="http://localhost:8000"):
        assert nginx.look(where).result == Result.OK


def test_one_that_lets_calls_through_and_compresses_is_well(
    where: Whereabouts, start: Callable[..., Front], web: http.server.ThreadingHTTPServer
) -> None:
    found = start(web.server_port).look(where)

    assert found.result == Result.OK
    assert found.evidence[0].startswith("nginx lets calls for localhost through, in ")
    assert found.evidence[1] == "its log has no call of the last 5 minutes that was not passed on"


def test_one_that_compresses_nothing_is_told(
    where: Whereabouts, start: Callable[..., Front], web: http.server.ThreadingHTTPServer
) -> None:
    found = start(web.server_port, gzip="off").look(where)

    assert (found.result, found.remedy) == (Result.DEGRADED, "sudo nginx -T | grep -n gzip")
    assert found.evidence[0] == "/docs/errors, 2,200 bytes, comes without compression"


def test_behind_one_that_lets_nothing_through_is_the_web_process(
    where: Whereabouts, start: Callable[..., Front]
) -> None:
    front = start(free_port())
    front.look(where)

    found = front.look(where)

    assert (found.result, found.due_to) == (Result.FAILED, WEB)
    assert found.evidence[0] == "through nginx /health/live is answered with status 502"
    assert found.evidence[1].startswith("in the last 5 minutes: nobody listened at the web process' port (")


def test_calls_that_were_not_passed_on_are_told_and_alarm_while_it_goes_on(
    where: Whereabouts, start: Callable[..., Front], web: http.server.ThreadingHTTPServer
) -> None:
    front = start(web.server_port)
    slow = "upstream timed out (110: Connection timed out) while reading response header from"
    written(front.log, slow, ago=timedelta(minutes=8))
    written(front.log, slow, ago=timedelta(minutes=2))
    before = front.look(where)
    written(front.log, "no live upstreams while connecting to", ago=timedelta())
    found = front.look(where)

    assert before.result == Result.OK
    assert before.evidence[1] == ("in the last 5 minutes: the web process took too long to answer (once)")
    assert found.result == Result.DEGRADED
    assert found.evidence[0] == "in the last 15 s: nginx holds all web processes for dead (once)"
    assert "secret-path" not in str(found)


def test_one_that_stands_still_is_told(
    where: Whereabouts, start: Callable[..., Front], web: http.server.ThreadingHTTPServer
) -> None:
    front = start(web.server_port)

    with stopped(front.process.pid):
        assert until(lambda: front.look(where).remedy == f"kill -CONT {front.process.pid}")


def test_one_that_should_run_here_and_does_not_is_missed(where: Whereabouts) -> None:
    port = free_port()
    with override_settings(PUBLIC_URL=f"https://localhost:{port}"):
        found = nginx.look(where)

    assert (found.result, found.cause) == (Result.FAILED, "nginx does not run")
    assert found.evidence == (f"nobody here listens on port {port} of localhost",)
    assert found.remedy == "sudo nginx -t; systemctl status nginx"


def test_another_program_in_its_place_is_named(
    where: Whereabouts, web: http.server.ThreadingHTTPServer
) -> None:
    with override_settings(PUBLIC_URL=f"https://localhost:{web.server_port}"):
        found = nginx.look(where)

    assert (found.result, found.cause) == (Result.FAILED, "another program has taken its port")
    assert found.evidence[0].startswith(f"process {os.getpid()} (")


def test_one_on_another_machine_is_not_missed_here(where: Whereabouts) -> None:
    with override_settings(PUBLIC_URL="https://nowhere.invalid:1"):
        found = nginx.look(where)

    assert found.result == Result.OK
    assert found.evidence[0].startswith("nowhere.invalid does not lead to this machine; ")


def test_with_broken_settings_nothing_can_be_said(where: Whereabouts) -> None:
    assert nginx.look(replace(where, faults=("PORT is wrong",))).result == Result.COULD_NOT_LOOK
