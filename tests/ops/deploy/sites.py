"""The shipped site of nginx, in front of web processes that the shipped unit's command line starts."""

import contextlib
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import psutil

from family_site.settings.environment import BASE_DIR
from ops.embedded import ports
from tests.faults.conftest import spawn, until
from tests.ops.deploy import shipped

NAME = "families.example.com"
LOOPBACK = "127.0.0.1"
WORKERS = 2
WAIT_SECONDS = 120.0  # only so that a broken test ends
CONFIG = """
daemon off;
{user}
worker_processes 2;
pid {at}/nginx.pid;
error_log {at}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {at}/body;
    proxy_temp_path {at}/proxy;
    fastcgi_temp_path {at}/fastcgi;
    uwsgi_temp_path {at}/uwsgi;
    scgi_temp_path {at}/scgi;
    include {at}/sbd-api.conf;
}}
"""


class Web:
    """uvicorn's master and its workers, as the unit starts them."""

    def __init__(self, at: Path, environment: Mapping[str, str]) -> None:
        """Start them, and wait until they say that they can be called."""
        self.port = next(ports.candidates(None, "PORT"))
        self._log = at / "web.log"
        _make_interpreter(at / ".venv")
        words = shipped.command("sbd-api.service", PORT=str(self.port), SBD_WORKERS=str(WORKERS))
        python = words[0].replace(shipped.CURRENT, str(at))
        self._command = [python, *(word.replace(shipped.CURRENT, str(BASE_DIR)) for word in words[1:])]
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.bind(str(at / "notify"))
        self._environment = dict(environment) | {
            "PORT": str(self.port),
            "NOTIFY_SOCKET": str(at / "notify"),
            "TRUSTED_PROXIES": LOOPBACK,
            "ALLOWED_HOSTS": NAME,
            "PUBLIC_URL": f"https://{NAME}",
        }
        self.told = ""
        try:
            self.start()
        except TimeoutError:
            self.close()
            raise AssertionError(self.logged()) from None

    def start(self) -> None:
        """Start them, and wait until each says that it can be called."""
        self._forget_what_was_told()
        self.process = spawn(self._command, self._environment, self._log)
        for _ in range(WORKERS):
            self.told = self._told.recv(1000).decode()

    def _forget_what_was_told(self) -> None:
        self._told.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._told.recv(1000)
        self._told.settimeout(WAIT_SECONDS)

    def logged(self) -> str:
        """Return what they have written so far."""
        return self._log.read_text()

    def workers(self) -> list[psutil.Process]:
        """Return the workers that live."""
        return [each for each in psutil.Process(self.process.pid).children() if _is_worker(each)]

    def reload(self) -> "subprocess.CompletedProcess[str]":
        """Do what `systemctl reload sbd-api` does."""
        words = shlex.split(shipped.unit("sbd-api.service")["ExecReload"])
        words = [word.replace(shipped.CURRENT, str(BASE_DIR)) for word in words]
        words = [word.replace("$MAINPID", str(self.process.pid)) for word in words]
        return subprocess.run(words, check=False, capture_output=True, text=True, timeout=120)

    def stop(self) -> None:
        """Ask them to end, as systemd does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(WAIT_SECONDS)

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._told.close()


def _is_worker(process: psutil.Process) -> bool:
    """Tell whether it is one that lives; uvicorn's master also has one that cleans up after it."""
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return False


def _make_interpreter(at: Path) -> None:
    """Make an environment like that of a release, of what this one has."""
    (at / "bin").mkdir(parents=True)
    (at / "bin" / "uvicorn-python").symlink_to(Path(sys.executable).resolve())
    (at / "lib").symlink_to(Path(sys.prefix) / "lib")
    (at / "pyvenv.cfg").write_text((Path(sys.prefix) / "pyvenv.cfg").read_text())


class Front:
    """nginx with the shipped site."""

    def __init__(self, nginx: str, at: Path, upstream: int) -> None:
        """Start it."""
        self.at = at
        self.maintenance, self.status = at / "maintenance", at / "status"
        self.plain, self.port = next(ports.candidates(None, "PORT")), next(ports.candidates(None, "PORT"))
        _make_certificate(at)
        (at / "sbd-blocked.conf").write_text("127.0.0.3 1;\n")
        text = shipped.rewritten(
            "nginx/sbd-api.conf",
            {
                f"{LOOPBACK}:8000": f"{LOOPBACK}:{upstream}",
                "listen [::]:80": "# ",
                "listen [::]:443": "# ",
                "listen 80": f"listen {self.plain}",
                "listen 443": f"listen {self.port}",
                "/etc/sbd/tls": str(at),
                "/etc/nginx/sbd-blocked.conf": str(at / "sbd-blocked.conf"),
                "/run/sbd/maintenance": str(self.maintenance),
                "/run/sbd/status": str(self.status),
                "/var/log/nginx": str(at),
            },
        )
        (at / "sbd-api.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (at / "nginx.conf").write_text(CONFIG.format(at=at, user=user))
        self._words = [nginx, "-p", str(at), "-c", str(at / "nginx.conf"), "-e", str(at / "nginx.log")]
        self.checked = subprocess.run([*self._words, "-t"], check=False, capture_output=True, text=True)
        self._process = spawn(self._words, dict(os.environ), at / "nginx.out")
        until(lambda: ports.answers(self.port))

    def client(self, *, source: str = LOOPBACK) -> httpx.Client:
        """Return a client that calls from this address of the loopback network."""
        context = ssl.create_default_context(cafile=str(self.at / "fullchain.pem"))
        return httpx.Client(
            base_url=f"https://{NAME}:{self.port}",
            transport=_ToLoopback(verify=context, local_address=source),
            timeout=20,
        )

    def command(self, *words: str) -> str:
        """Return the line by which this nginx is told something, such as ``-t`` or ``-s reload``."""
        return shlex.join([*self._words, *words])

    def logged(self, name: str) -> str:
        """Return a log of the site."""
        path = self.at / name
        return path.read_text() if path.exists() else ""

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)


class _ToLoopback(httpx.HTTPTransport):
    """Finds the site's name on loopback, and verifies its certificate all the same."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it."""
        request.headers["Host"] = NAME
        request.extensions = {**request.extensions, "sni_hostname": NAME}
        request.url = request.url.copy_with(host=LOOPBACK)
        return super().handle_request(request)


def _make_certificate(at: Path) -> None:
    openssl = shutil.which("openssl") or "openssl"
    files = ["-keyout", str(at / "privkey.pem"), "-out", str(at / "fullchain.pem")]
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([openssl, "req", "-x509", *kind, *subject, *files], check=True, capture_output=True)
