"""What an incident costs: counted from the counters of the web processes and from the lines of the log."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.bundle import loglines
from ops.bundle.errors import CannotReadError
from ops.incidents import counted, impact
from ops.incidents.counted import Count
from ops.metrics import joining
from ops.metrics.joining import Joined
from ops.mongo.collections import Document
from tests.ops.incidents.opened import MINUTE, NOW, forget_all, opened
from tests.ops.metrics.counting import counting

Counters = Callable[..., None]
NOBODY = "there is neither a journal nor a file"


@pytest.fixture(autouse=True)
def _none() -> Iterator[None]:
    forget_all()
    yield
    forget_all()


@pytest.fixture
def counters(tmp_path: Path, settings: Any) -> Counters:
    """``counters(health=(200, 3), me=(503, 2))`` lets the counters of the web processes show this."""
    settings.METRICS_DIR = tmp_path / "metrics"
    web = settings.METRICS_DIR / "web"

    def show(**answers: tuple[int, int]) -> None:
        web.mkdir(parents=True, exist_ok=True)
        counts = []
        for route, (status, number) in answers.items():
            labels = {"method": "GET", "route": f"/{route}", "status": str(status)}
            series = json.dumps(["http_requests", counted.REQUESTS, labels, "Answered requests."])
            counts.append(["counter", series, float(number)])
        (web / "ended.json").write_text(json.dumps({"names": [], "counts": counts}))

    return show


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that our processes write their lines to; it is not there yet."""
    path, read = tmp_path / "web.log", loglines.read
    monkeypatch.setattr(
        loglines,
        "read",
        lambda where, since, _file: read(where, since, str(path)) if path.exists() else no_log(),
    )
    return path


def no_log() -> loglines.LogLines:
    raise CannotReadError(NOBODY)


def request(status: int, minutes: int = 0, **ids: str) -> str:
    at = (NOW + minutes * MINUTE).isoformat()
    return json.dumps({"at": at, "event": "request", "route": "/x", "status": status, **ids}) + "\n"


def measured(incident: Document, minutes: int) -> Document:
    """Measure, and keep it as whoever attends does."""
    incident["impact"] = impact.measure(incident, NOW + minutes * MINUTE)
    return dict(incident["impact"])


def test_what_the_counters_show_at_first_was_before_it(counters: Counters) -> None:
    incident = opened()
    counters(me=(500, 7), health=(200, 10))
    first = measured(incident, 0)
    counters(me=(500, 9), health=(200, 15))
    second = measured(incident, 1)

    assert (first["requests"], first["failed"], first["routes"]) == (0, 0, [])
    assert (second["requests"], second["failed"]) == (7, 2)
    assert second["routes"] == [
        {"route": "/me", "requests": 2, "failed": 2},
        {"route": "/health", "requests": 5, "failed": 0},
    ]
    assert (second["since"], second["at"]) == (NOW, NOW + MINUTE)


def test_a_restart_of_the_unit_loses_nothing_and_counts_nothing_twice(counters: Counters) -> None:
    incident = opened()
    counters(me=(503, 100))
    measured(incident, 0)
    counters(me=(503, 110))
    measured(incident, 1)
    counters(me=(503, 4), health=(200, 6))
    measured(incident, 2)
    counters(me=(503, 5), health=(200, 16))

    found = measured(incident, 3)

    assert (found["requests"], found["failed"]) == (10 + 10 + 11, 10 + 4 + 1)


def test_while_nobody_counts_the_sums_stay(counters: Counters, tmp_path: Path) -> None:
    incident = opened()
    counters(me=(503, 1))
    measured(incident, 0)
    counters(me=(503, 3))
    measured(incident, 1)
    (tmp_path / "metrics" / "web" / "ended.json").unlink()

    found = measured(incident, 2)

    assert (found["requests"], found["failed"], found["late"]) == (2, 2, {"requests": 2, "failed": 2})
    assert found["unknown"] == [
        "Requests: no web process of this machine counts.",
        f"Users and families: {NOBODY}.",
    ]


def test_what_nobody_ever_knew_is_none(settings: Any, tmp_path: Path) -> None:
    settings.METRICS_DIR = tmp_path

    found = measured(opened(), 0)

    assert [found[name] for name in ("requests", "failed", "users", "families", "late")] == [None] * 5
    assert impact.share_of_late({"impact": found}, NOW) is None


def test_the_last_quarter_of_an_hour_is_told_apart(counters: Counters) -> None:
    incident = opened()
    for minute in range(31):
        counters(me=(500, min(minute, 20)), health=(200, minute))
        measured(incident, minute)

    now = NOW + 30 * MINUTE
    assert incident["impact"]["late"] == {"requests": 20, "failed": 5}
    assert impact.share_of_late(incident, now) == 0.25
    assert impact.share_of_late(incident, now + impact.OLD_AFTER + timedelta(seconds=1)) is None


def test_who_met_a_failure_is_counted_once_each_from_the_opening_on(log: Path) -> None:
    incident = opened()
    log.write_text(
        request(500, -1, user="user_before")
        + request(500, 0, user="user_ada", family="fam_1")
        + request(503, 0, user="user_ada", family="fam_2")
        + request(404, 0, user="user_bert", family="fam_3")
        + request(500)
    )
    first = measured(incident, 1)
    with log.open("a") as opened_log:
        opened_log.write(request(500, 1, user="user_ada") + request(500, 1, user="user_cleo"))
    second = measured(incident, 2)
    log.unlink()
    third = measured(incident, 3)

    assert (first["users"], first["families"]) == (1, 2)
    assert (second["users"], second["families"]) == (2, 2)
    assert (third["users"], third["families"]) == (2, 2)
    assert third["unknown"][-1] == f"Users and families: {NOBODY}."


def test_counts_of_real_processes_are_read_beside_the_exporter(tmp_path: Path) -> None:
    with counting(tmp_path) as one:
        one.does("http.note('GET', '/me', 200, 0.1); http.note('GET', '/me', 503, 0.1)")
        one.does("http.note('POST', None, 404, 0.1); http.refusals.inc(http.QUEUE_FULL)")
        one.does("http.refusals.inc(http.BODY)")

        found = counted.by_route(tmp_path)

    assert found == {
        "/me": Count(2, 1),
        "unmatched": Count(1, 0),
        counted.UNSERVED: Count(1, 1),
    }


def test_no_counts_are_no_zero(tmp_path: Path) -> None:
    assert counted.by_route(tmp_path) is None


def test_counts_that_are_moved_meanwhile_are_read_again(
    counters: Counters, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters(me=(503, 9))
    read, ended = joining.joined, settings.METRICS_DIR / "web" / "ended.json"
    tries: list[Joined] = []

    def as_the_exporter_moves(web: Path, *, moves: bool) -> Joined:
        assert not moves
        tries.append(read(web, moves=False))
        if len(tries) == 1:
            os.utime(ended, ns=(0, 0))
            return Joined()
        return tries[-1]

    monkeypatch.setattr(joining, "joined", as_the_exporter_moves)

    assert counted.by_route() == {"/me": Count(9, 9)}
    assert len(tries) == 2


def test_counts_that_nobody_can_read_are_not_known(counters: Counters, settings: Any) -> None:
    counters(me=(503, 9))
    (settings.METRICS_DIR / "web" / "counter_1-a.db").write_bytes(b"half")

    assert counted.by_route() is None
