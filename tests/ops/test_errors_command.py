"""``manage.py errors``: what went wrong, from the journal or a file. Source: runbook, R041 and R045."""

import io
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

NOW = datetime.now(UTC)
TRACE = """Traceback (most recent call last):
  File "/opt/sbd/current/families/actions/joining.py", line 88, in accept
    members.join(family_id)
  File "/opt/sbd/current/.venv/lib/python3.11/site-packages/pymongo/pool.py", line 12, in run
    raise KeyError(name)
{raised}"""
CRASH = [
    "Traceback (most recent call last):",
    '  File "/opt/sbd/current/family_site/asgi.py", line 10, in <module>',
    "    from django.conf import settings",
    "ImportError: cannot import name 'settings'",
]
Journal = Callable[..., Path]


def event(level: str, said: str, *, ago: float = 60, **facts: Any) -> str:
    """Return a line as the product writes it, ``ago`` seconds ago."""
    at = (NOW - timedelta(seconds=ago)).isoformat()
    return json.dumps({"event": said, "level": level, "logger": "tests", "at": at, **facts})


def request(request_id: str, status: int = 500, ago: float = 60) -> str:
    """Return the line of a request."""
    route = {"method": "POST", "route": "/family/create", "status": status, "request_id": request_id}
    return event("INFO", "request", ago=ago, **route)


def entry(message: Any, unit: str = "sbd-api", *, ago: float = 60, **fields: Any) -> str:
    """Return an entry of the journal as ``journalctl -o json`` prints it."""
    micros = str(int((NOW - timedelta(seconds=ago)).timestamp() * 1_000_000))
    written = {"MESSAGE": message, "__REALTIME_TIMESTAMP": micros, "PRIORITY": "6"}
    return json.dumps({"_SYSTEMD_UNIT": f"{unit}.service", **written, **fields})


def run(*words: str) -> str:
    said = io.StringIO()
    call_command("errors", *words, stdout=said, stderr=said)
    return said.getvalue()


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """Put a journalctl in the place of the real one; returns where it writes how it was called."""

    def stand_in(*entries: str, status: int = 0, says: str = "") -> Path:
        (tmp_path / "entries").write_text("".join(f"{each}\n" for each in entries))
        (tmp_path / "says").write_text(says)
        program = tmp_path / "journalctl"
        called = (
            f'echo "$@" > {tmp_path}/called; cat {tmp_path}/entries; cat {tmp_path}/says >&2; exit {status}'
        )
        program.write_text(f"#!/bin/sh\n{called}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return tmp_path / "called"

    return stand_in


def test_all_four_units_are_read_from_the_time_on_that_was_asked_for(journal: Journal) -> None:
    called = journal()

    assert run("--since", "2h") == "None.\n"

    *words, option, moment = called.read_text().split()[:5]
    assert (words, option) == (["-o", "json", "--no-pager"], "--since")
    assert timedelta(hours=2) <= datetime.now(UTC) - datetime.fromtimestamp(int(moment[1:]), UTC)
    assert datetime.fromtimestamp(int(moment[1:]), UTC) >= NOW - timedelta(hours=2, seconds=1)
    units = called.read_text().split()[5:]
    assert units == ["-u", "sbd-api", "-u", "sbd-worker", "-u", "sbd-beat", "-u", "sbd-metrics"]


def test_errors_of_every_unit_are_shown_with_route_and_request_and_nothing_else_is(journal: Journal) -> None:
    failed = event(
        "ERROR", "request failed", request_id="a" * 32, exception=TRACE.format(raised="KeyError: 'x'")
    )
    journal(
        entry(failed),
        entry(request("a" * 32)),
        entry(event("WARNING", "mail put off"), "sbd-worker"),
        entry(event("ERROR", "job failed", job="ops.audit.seal", request_id="run-1"), "sbd-worker"),
        entry("Started the API.", "init.scope", UNIT="sbd-api.service"),
        entry("sbd-beat.service: Failed with result 'exit-code'.", UNIT="sbd-beat.service", PRIORITY="4"),
    )

    lines = run().splitlines()

    assert [each[25:] if not each.startswith("    ") else each for each in lines] == [
        "sbd-api  KeyError at pymongo/pool.py:12 (request failed)",
        f"    POST /family/create {'a' * 32}",
        "sbd-worker  job failed",
        "    ops.audit.seal run-1",
        "sbd-beat  sbd-beat.service: Failed with result 'exit-code'.",
    ]


def test_equal_errors_are_one_group_whatever_their_ids_and_times(journal: Journal) -> None:
    journal(
        *(
            line
            for number, raised in enumerate(["KeyError: 'fam_1'", "KeyError: 'fam_2'", "KeyError: 'fam_3'"])
            for line in (
                entry(
                    event(
                        "ERROR",
                        "request failed",
                        request_id=f"{number}" * 32,
                        exception=TRACE.format(raised=raised),
                    ),
                    ago=90 - number,
                ),
                entry(request(f"{number}" * 32)),
            )
        ),
        entry(event("ERROR", "Database connection failed", cause="NetworkTimeout"), "sbd-worker"),
        entry(event("ERROR", "Database connection failed", cause="NetworkTimeout")),
    )

    groups = [json.loads(line) for line in run("--group", "--json").splitlines()]

    assert [(each["count"], each["what"]) for each in groups] == [
        (3, "KeyError at pymongo/pool.py:12 (request failed)"),
        (2, "Database connection failed: NetworkTimeout"),
    ]
    assert groups[0]["routes"] == ["POST /family/create"]
    assert groups[0]["request_id"] == "2" * 32
    assert groups[0]["first"] < groups[0]["last"]
    assert groups[1]["units"] == ["sbd-worker", "sbd-api"]
    assert max(map(len, run("--group").splitlines())) <= 80


def test_a_crash_at_start_is_one_error_though_it_is_no_json(journal: Journal) -> None:
    journal(
        *(entry(line) for line in CRASH),
        entry(event("INFO", "started")),
        *(entry(line) for line in CRASH),
        entry([72, 195, 182], "sbd-worker"),
    )

    groups = [json.loads(line) for line in run("--group", "--json").splitlines()]

    assert [(each["count"], each["what"]) for each in groups] == [
        (2, "ImportError at current/family_site/asgi.py:10"),
        (1, "Hö"),
    ]


def test_a_file_and_standard_input_are_read_where_there_is_no_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(
        [
            "web-1  | " + event("ERROR", "long ago", ago=7200),
            "web-1  | " + event("ERROR", "lately"),
            event("ERROR", "without a name"),
            "",
        ]
    )
    (tmp_path / "log").write_text(text)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    from_file, from_input = run("--file", str(tmp_path / "log")), run("--file", "-")

    assert from_file == from_input
    assert [line[25:] for line in from_file.splitlines()] == ["web-1  lately", "-  without a name"]


def test_without_a_journal_it_says_how_to_give_it_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CommandError, match=r"there is no journalctl.*manage.py errors --file -"):
        run()


def test_a_journal_that_cannot_be_read_is_no_silence(journal: Journal) -> None:
    journal(status=1, says="Failed to open journal")

    with pytest.raises(CommandError, match="journalctl: Failed to open journal"):
        run()


def test_a_hint_that_not_all_is_shown_is_passed_on(journal: Journal) -> None:
    journal(entry(event("ERROR", "mine")), says="Hint: You are currently not seeing all messages.")

    said = run()

    assert "not seeing all messages" in said
    assert "sbd-api  mine" in said


def test_only_the_last_are_shown_and_how_many_there_are(journal: Journal) -> None:
    journal(*(entry(event("ERROR", f"{'x' * (number % 3 + 1)}")) for number in range(150)))

    lines = run("--unit", "sbd-api").splitlines()

    assert len(lines) == 101
    assert lines[-1] == "These are the last 100 of 150; --group tells what they are."
