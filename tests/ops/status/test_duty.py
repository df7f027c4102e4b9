"""What the process of the metrics does: it counts minutes and renews the copy, whatever is away."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings as ours

from ops import clock
from ops.jobs import heartbeats
from ops.mongo.collections import control_collection
from ops.rounds import registry
from ops.status import days, looking
from ops.status.duty import Duty
from ops.status.states import Look, State, Web
from tests.maintained import maintained
from tests.ops.status.conftest import NOON, mongodb_away, told
from tests.ports import refusing_port

WELL = dict.fromkeys(("mongodb", "redis", "celery", "email", "sbd_tokens"), False)
FINE, DEAD = Look(Web.ANSWERS, WELL), Look(Web.SILENT, {**WELL, "mongodb": True})
MINUTE = timedelta(minutes=1)


def copied(name: str) -> bytes:
    return Path(ours.STATUS_DIR, name).read_bytes()


def copied_json() -> Any:
    return json.loads(copied("status.json"))


def answering(status: int, body: bytes) -> type[BaseHTTPRequestHandler]:
    """Return what answers every call so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def web(settings: Any) -> Iterator[Any]:
    """Return what lets a web process on this machine answer so."""
    servers: list[HTTPServer] = []

    def start(status: int, body: bytes) -> None:
        server = HTTPServer(("127.0.0.1", 0), answering(status, body))
        Thread(target=server.serve_forever, daemon=True).start()
        settings.WEB_PORT = server.server_port
        servers.append(server)

    with refusing_port() as settings.WEB_PORT:
        yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_it_is_one_of_the_rounds() -> None:
    (duty,) = [each for each in registry.rounds() if each.name == "status"]

    assert duty.every == 15


def test_the_copy_is_complete_and_everybody_may_read_it() -> None:
    told(1, NOON - MINUTE, "We are <looking> into it.")
    Duty().note(FINE, NOON)

    directory = Path(ours.STATUS_DIR)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert modes == {"index.html": 0o644, "status.json": 0o644, "status.atom": 0o644}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o755
    page = copied("index.html").decode()
    assert "As of" in page
    assert "12:00 UTC, 5 March 2030" in page
    assert "We are &lt;looking&gt; into it." in page
    assert "mongo-2.internal" not in page
    assert copied_json()["as_of"] == "2030-03-05T12:00:00.000000Z"
    assert b"We are" in copied("status.atom")


def test_the_copy_needs_nothing_but_itself() -> None:
    Duty().note(FINE, NOON)

    page = copied("index.html").decode()
    assert "/static/" not in page
    assert "--accent" in page
    assert "<script" not in page
    assert "style-src &#x27;sha256-" in page


def test_an_outage_of_everything_is_in_the_copy_at_once_and_in_the_figures_later() -> None:
    duty = Duty()
    told(1, NOON - MINUTE, "We are looking into it.")
    duty.note(FINE, NOON)
    with mongodb_away():
        for minutes in range(1, 5):
            duty.note(DEAD, NOON + minutes * MINUTE)
        said = copied_json()
    duty.note(FINE, NOON + 5 * MINUTE)

    parts = {each["id"]: each for each in said["components"]}
    assert {each["state"] for each in parts.values()} == {"down"}
    assert (said["state"], said["as_of"]) == ("down", "2030-03-05T12:04:00.000000Z")
    assert said["history_as_of"] == "2030-03-05T12:00:00.000000Z"
    assert parts["api"]["days"][-1] == {
        "date": "2030-03-05",
        "seen": 4,
        "degraded": 0,
        "down": 3,
        "maintenance": 0,
    }
    assert [each["title"] for each in said["incidents"]] == ["Trouble 1"]
    assert days.since(NOON.date())["2030-03-05"]["api"] == {"seen": 5, "down": 4}


def test_a_process_that_starts_while_mongodb_is_away_knows_what_the_copy_says() -> None:
    told(1, NOON - MINUTE, "We are looking into it.")
    told(2, NOON - timedelta(days=2), "It was short.", resolved_at=NOON - timedelta(days=1))
    before = Duty()
    before.note(FINE, NOON)
    before.note(FINE, NOON + MINUTE)
    first = copied_json()
    with mongodb_away():
        Duty().note(DEAD, NOON + 2 * MINUTE)
        second = copied_json()

    assert first["components"][0]["days"][-1]["seen"] == 1
    for name in ("incidents", "recent_incidents", "history_as_of"):
        assert second[name] == first[name]
    assert second["components"][0]["days"] == first["components"][0]["days"]


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"incidents": [], "recent_incidents": null}'])
def test_a_copy_that_cannot_be_read_is_none(broken: bytes) -> None:
    Path(ours.STATUS_DIR).mkdir()
    Path(ours.STATUS_DIR, "status.json").write_bytes(broken)

    with mongodb_away():
        Duty().note(DEAD, NOON)

    assert copied_json()["history_as_of"] is None
    assert "What was before cannot be read right now." in copied("index.html").decode()


def test_what_was_seen_counts_also_when_the_copy_cannot_be_written(settings: Any, tmp_path: Path) -> None:
    settings.STATUS_DIR = tmp_path / "file" / "status"
    (tmp_path / "file").write_text("")
    duty = Duty()
    for minutes in range(2):
        with pytest.raises(OSError, match="file"):
            duty.note(FINE, NOON + minutes * MINUTE)

    assert days.since(NOON.date())["2030-03-05"]["api"] == {"seen": 1}


def test_a_copy_that_could_not_be_made_leaves_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    Duty().note(FINE, NOON)
    before = copied("index.html")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fchmod", full)
    with pytest.raises(OSError, match="No space"):
        Duty().note(DEAD, NOON + MINUTE)

    assert copied("index.html") == before
    assert sorted(path.name for path in Path(ours.STATUS_DIR).iterdir()) == [
        "index.html",
        "status.atom",
        "status.json",
    ]


READY = b'{"status":"ready"}'


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (200, READY, Web.ANSWERS),
        (503, b'{"details":{"obstacles":["no_primary"]}}', Web.ANSWERS),
        (503, b'{"details":{"obstacles":["draining"]}}', Web.ANSWERS),
        (503, b'{"details":{"obstacles":["migrations_missing"]}}', Web.FALTERS),
        (503, b'{"details":{}}', Web.FALTERS),
        (503, b"<html>", Web.FALTERS),
        (500, b"[]", Web.FALTERS),
    ],
)
def test_the_web_process_is_asked(web: Any, status: int, body: bytes, found: Web) -> None:
    web(status, body)

    assert looking.from_outside().web == found


def test_maintenance_is_known_by_the_switch_and_by_what_the_web_process_says(web: Any) -> None:
    web(503, b'{"details":{"obstacles":["maintenance"]}}')
    assert looking.from_outside().maintenance

    web(200, READY)
    assert not looking.from_outside().maintenance
    with maintained(clock.now()):
        assert looking.from_outside().maintenance


@pytest.mark.usefixtures("web")
def test_a_web_process_that_does_not_answer_is_down_unless_others_live_elsewhere() -> None:
    beats = control_collection(heartbeats.NAME)
    beats.delete({"role": "web"})  # those of other tests
    assert looking.from_outside().states()["api"] == State.DOWN

    elsewhere = {"role": "web", "host": "another", "pid": 1, "since": clock.now(), "seen_at": clock.now()}
    beats.insert({"_id": "web:another:1", **elsewhere})
    try:
        assert looking.from_outside().web == Web.ANSWERS  # there is none here, and should be none
        heartbeats.alive("web", since=clock.now(), now=clock.now())
        assert looking.from_outside().web == Web.FALTERS
    finally:
        beats.delete({"role": "web"})
