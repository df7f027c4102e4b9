"""The runbook's operator lines with curl as printed, after `operator_setup`: R066, R081, R090; and R068."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.demo import Run
from tests.e2e.terminal import Terminal, Typed, require_curl

pytestmark = pytest.mark.long

CLEAR = "curl -X POST http://localhost:8000/admin/clear-cache"
CLEAN_UP = "curl -X POST http://localhost:8000/admin/cleanup-expired-invitations"
ADJUST = r"""curl -X POST http://localhost:8000/admin/rate-limits \
     -H "Content-Type: application/json" \
     -d '{"endpoint": "/family/create", "limit": 10, "window": 3600}'"""
MINE = 'curl -s -H "Authorization: Bearer {token}" http://localhost:8000/family/my-families'
STAFF = "operator"


@pytest.fixture(scope="module")
def terminal(served: Run, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal.of(served.var, served.port, tmp_path_factory.mktemp("programs"))


@pytest.fixture
def home(terminal: Terminal, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A home in which the operator's lines were laid."""
    require_curl(request.config)
    laid = terminal.manage(f"operator_setup --user {STAFF} --home {tmp_path}")
    assert laid.status == 0, laid
    yield tmp_path
    removed = terminal.manage(f"operator_setup --remove --home {tmp_path}")
    assert removed.status == 0, removed
    assert list(tmp_path.iterdir()) == []


def answered(typed: Typed) -> dict[str, Any]:
    assert typed.status == 0, typed
    found: dict[str, Any] = json.loads(typed.out)
    return found


def test_the_printed_lines_run_as_they_stand_and_without_the_setup_change_nothing(
    terminal: Terminal, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bare = str(tmp_path_factory.mktemp("bare"))
    for line in (CLEAR, CLEAN_UP, ADJUST):
        refused = answered(terminal.types(line, HOME=bare))
        assert (refused["status"], refused["error"]) == (401, "AUTHENTICATION_REQUIRED")

    cleared, again = (answered(terminal.types(CLEAR, HOME=str(home))) for _ in range(2))
    cleaned = answered(terminal.types(CLEAN_UP, HOME=str(home)))
    adjusted = answered(terminal.types(ADJUST, HOME=str(home)))

    assert sorted(cleared["namespaces"]) == sorted(again["namespaces"]) == ["auth", "cache", "health"]
    assert cleaned["status"] == "success"
    assert (adjusted["endpoint"], adjusted["limit"]) == ("/family/create", 10)
    gone = "curl -s -X DELETE 'http://localhost:8000/admin/rate-limits?endpoint=/family/create'"
    assert "removed" in answered(terminal.types(gone, HOME=str(home)))


def test_who_did_it_is_named(terminal: Terminal, home: Path) -> None:
    answered(terminal.types(CLEAR, HOME=str(home)))
    token = terminal.manage(f"operator_token --user {STAFF} --for 10m").out.strip()
    me = terminal.call("/auth/me", token=token)["user_id"]

    exported = terminal.manage("export_audit")

    entries = [json.loads(line) for line in exported.lines]
    assert [each["actor"] for each in entries if each.get("action") == "cache.cleared"][-1] == me


def test_a_credential_that_is_typed_wins_over_the_one_that_was_laid(terminal: Terminal, home: Path) -> None:
    token = terminal.sign_in("ada")

    typed = terminal.types(MINE.format(token=token), HOME=str(home))

    assert json.loads(typed.out) == terminal.call("/family/my-families", token=token)


def test_r068_runs_with_a_token_of_the_command(terminal: Terminal, home: Path) -> None:
    typed = terminal.types(
        f"TOKEN=$(python manage.py operator_token --user {STAFF} --for 10m)\n" + MINE.format(token="$TOKEN"),
        HOME=str(home),
    )

    assert (typed.status, json.loads(typed.out)) == (0, [])
    assert re.search(r"^tok_[0-9a-f]+, of operator, for read, from this machine", typed.error, re.MULTILINE)
