"""``make audit``: known flaws of what the locks pin, asked of a service that answers as osv.dev does."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from family_site.settings.environment import BASE_DIR
from ops.deploy.known_flaws import Pin, read

FLAW = {
    "id": "GHSA-0000-1111-2222",
    "aliases": ["CVE-2030-1"],
    "summary": "Eats the dog",
    "affected": [
        {
            "package": {"name": "Left-Pad", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}],
        }
    ],
}
LOCK = "left_pad==1.0 \\\n    --hash=sha256:00\n    # via this\nright-pad[all]==2.0 ; python_version > '3'\n"


class Service(BaseHTTPRequestHandler):
    """Knows one flaw, of left-pad 1.0, and tells of it on a second page."""

    asked: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        """Answer one package, or many."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(sent)
        if self.path == "/v1/query":
            return self._say({"vulns": [{"id": FLAW["id"]}]} if sent["page_token"] == "2" else {})
        pages = {"left-pad": {"next_page_token": "2"}}
        return self._say({"results": [pages.get(each["package"]["name"], {}) for each in sent["queries"]]})

    def do_GET(self) -> None:
        """Tell of the flaw."""
        self._say(FLAW if self.path == f"/v1/vulns/{FLAW['id']}" else {})

    def log_message(self, *_words: object) -> None:
        """Say nothing of each call."""

    def _say(self, answer: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


@pytest.fixture
def service() -> Iterator[str]:
    Service.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run(address: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ops.deploy.known_flaws", *words],
        cwd=BASE_DIR,
        env={**os.environ, "OSV_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_known_flaw_is_told_with_its_ids_and_where_it_is_mended(service: str, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text(LOCK)

    ran = run(service, str(lock))

    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.splitlines() == [
        "left-pad 1.0: GHSA-0000-1111-2222, CVE-2030-1: Eats the dog (mended in 1.2.0)",
        "2 packages: 1 flaws are known",
    ]
    assert [each["package"]["name"] for each in Service.asked[0]["queries"]] == ["left-pad", "right-pad"]


@pytest.mark.parametrize("name", [FLAW["id"], "CVE-2030-1"])
def test_one_that_is_ignored_by_any_of_its_names_does_not_count(
    service: str, tmp_path: Path, name: str
) -> None:
    lock = tmp_path / "lock"
    lock.write_text(LOCK)

    ran = run(service, "--ignore", name, str(lock))

    assert (ran.returncode, ran.stdout) == (0, "2 packages: 1 flaws are known, 1 of them ignored\n")


def test_without_the_service_nothing_is_known(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text(LOCK)

    ran = run("http://127.0.0.1:1", str(lock))

    assert (ran.returncode, "Nothing is known" in ran.stderr) == (2, True)


def test_what_is_not_pinned_is_not_passed_over(service: str, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("up-pad>=1\n")

    ran = run(service, str(lock))

    assert (ran.returncode, "not pinned, so not looked up: lock: up-pad>=1" in ran.stdout) == (1, True)


def test_the_locks_pin_everything() -> None:
    pins, unpinned = read([BASE_DIR / "requirements.lock", BASE_DIR / "requirements.production.lock"])

    assert unpinned == []
    assert {"django", "pymongo", "celery"} <= {each.name for each in pins}
    assert all(isinstance(each, Pin) and each.version for each in pins)
