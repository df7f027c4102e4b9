"""The runbook's lines about errors and events in the log, typed as printed, and what to type in their place.

Sections 4 and 8. ``journalctl`` shows what the running system has written, as the journal would.
"""

import contextlib
import json
import urllib.error
from collections.abc import Iterator

import pytest

from tests.e2e import processes
from tests.e2e.demo import Run
from tests.e2e.terminal import Terminal, install

pytestmark = [pytest.mark.long, pytest.mark.keeps_redis]
ERRORS = 'sudo journalctl -u sbd-api --since "1 hour ago" | grep ERROR'
PATTERNS = f"{ERRORS} | sort | uniq -c | sort -nr"
FAMILY = "sudo journalctl -u sbd-api | grep -i family"
AWAY = "Database connection failed"
PROGRAMS = {
    "sudo": '#!/bin/sh\nexec "$@"\n',
    # With -o json each line is an entry, as of now.
    "journalctl": """#!/usr/bin/env python3
import json, sys, time
lines = open("{output}", "rb")
lines.seek({since})  # of the last hour: what others have made the system write before was long ago
for line in lines.read().decode().splitlines():
    entry = {{"MESSAGE": line.rstrip(), "_SYSTEMD_UNIT": "sbd-api.service", "PRIORITY": "6"}}
    entry["__REALTIME_TIMESTAMP"] = str(int(time.time() * 1_000_000))
    print(json.dumps(entry) if "json" in sys.argv else line.rstrip())
""",
}


@pytest.fixture(scope="module")
def terminal(served: Run, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    folder = tmp_path_factory.mktemp("programs")
    since = served.output.stat().st_size
    install(folder, {name: text.format(output=served.output, since=since) for name, text in PROGRAMS.items()})
    return Terminal.of(served.var, served.port, folder)


@pytest.fixture(scope="module")
def _hung(terminal: Terminal, served: Run) -> None:
    """MongoDB hung while somebody asked for their families, and goes on."""
    token = terminal.sign_in("ada")
    with stopped(served), pytest.raises(urllib.error.HTTPError) as answer:
        terminal.call("/family/my-families", token=token)
    answer.value.close()
    assert answer.value.code == 503
    assert processes.wait_until(lambda: is_ready(terminal))


@contextlib.contextmanager
def stopped(served: Run) -> Iterator[None]:
    mongod = processes.find(served.var, "mongod")
    mongod.suspend()
    try:
        yield
    finally:
        mongod.resume()


def is_ready(terminal: Terminal) -> bool:
    try:
        terminal.call("/health/ready")
    except (urllib.error.HTTPError, OSError):
        return False
    return True


@pytest.mark.usefixtures("_hung")
def test_r041_shows_each_error_in_a_line_of_its_own(terminal: Terminal) -> None:
    told = [json.loads(line) for line in terminal.types(ERRORS).lines]

    assert AWAY in {each["event"] for each in told}
    assert {each["level"] for each in told} == {"ERROR"}


@pytest.mark.usefixtures("_hung")
def test_r045_counts_each_line_once_and_the_command_in_its_place_counts_patterns(terminal: Terminal) -> None:
    as_printed = terminal.types(PATTERNS).lines
    groups = [json.loads(line) for line in terminal.manage("errors --since 1h --group --json").lines]

    assert {line.split()[0] for line in as_printed} == {"1"}
    of_mongodb = next(each for each in groups if each["what"].startswith(AWAY))
    assert "GET /family/my-families" in of_mongodb["routes"]
    assert of_mongodb["units"] == ["sbd-api"]
    assert sum(each["count"] for each in groups) >= len(as_printed)


def test_r082_shows_what_was_done_in_families_and_the_timeline_goes_on_from_there(terminal: Terminal) -> None:
    made = terminal.call("/family/create", {"name": "Night Herons"}, terminal.sign_in("ben"))

    lines = [json.loads(line) for line in terminal.types(FAMILY).lines if line.startswith("{")]
    told = terminal.manage(f"timeline {made['family_id']} --json")

    (created,) = [each for each in lines if (each.get("family"), each["event"]) == of(made["family_id"])]
    assert "Night Herons" not in terminal.types(FAMILY).out
    entry = next(each for each in map(json.loads, told.lines) if each["what"] == "family.created")
    assert (entry["request_id"], entry["who"]) == (created["request_id"], created["actor"])


def of(family_id: str) -> tuple[str, str]:
    """Return family and event of the line that tells that it was founded."""
    return family_id, "family.created"
