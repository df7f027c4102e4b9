"""What a line would do on this machine."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ops.doctor.whereabouts import ROOT, Whereabouts
from ops.runbook import here
from ops.runbook.pages import Kind, Step


def tools(line: str, where: Whereabouts) -> list[str]:
    """Return the programs that are found in a line."""
    facts = here.of_line(line, where).facts
    return [fact.split(": ")[0] for fact in facts if "/bin/" in fact or "not installed" in fact]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ps aux | grep uvicorn", ["ps", "grep"]),
        ("no-such-tool -x && date; env", ["no-such-tool", "date", "env"]),
        ("# a comment\nsort file \\\n  --reverse", ["sort"]),
        ('grep "one | two" file', ["grep"]),
        ('head -n "$(wc -l file)"', ["head", "wc"]),
        ("export NAME=50", []),
    ],
)
def test_the_tools_of_a_line_are_found(where: Whereabouts, line: str, found: list[str]) -> None:
    assert tools(line, where) == found


def test_a_tool_that_is_missing_is_an_obstacle(where: Whereabouts) -> None:
    assert here.of_line("no-such-tool -x", where).obstacle == "no-such-tool is not installed here"
    assert here.of_line("date --utc", where).obstacle is None


@pytest.mark.parametrize("line", ["manage.py doctor", ".venv/bin/python manage.py doctor"])
def test_manage_py_is_spelt_out(where: Whereabouts, line: str) -> None:
    seen = here.of_line(line, where)

    assert seen.line == f"{sys.executable} {ROOT}/manage.py doctor"
    assert seen.facts == (f"manage.py: {ROOT}/manage.py",)
    assert seen.obstacle is None


@pytest.mark.parametrize(
    ("line", "changed", "obstacle"),
    [
        ("redis-cli ping", {}, None),
        (
            "redis-cli ping",
            {"redis": "redis://localhost:46379/0"},
            "what listens on port 6379 here is not ours",
        ),
        (
            "redis-cli ping",
            {"redis": "redis://cache.example.com"},
            "what listens on port 6379 here is not ours",
        ),
        ("redis-cli ping", {"redis": None}, None),
        ("curl -s http://localhost:8000/health", {}, None),
        (
            "curl -s http://localhost:8000/health",
            {"web_port": 8001},
            "what listens on port 8000 here is not ours",
        ),
        ("curl -s http://localhost:9090/metrics", {}, None),
    ],
)
def test_a_line_is_not_run_at_somebody_elses_server(
    where: Whereabouts, line: str, changed: dict[str, str], obstacle: str | None
) -> None:
    assert here.of_line(line, replace(where, **changed)).obstacle == obstacle  # type: ignore[arg-type]


def test_the_servers_of_mongodb_are_told_apart_and_no_password_is_shown(where: Whereabouts) -> None:
    ours = here.of_line("mongosh --eval 1", where)
    other = here.of_line("mongosh --eval 1", replace(where, mongodb="mongodb://ann:secret@localhost:46000/"))

    assert "mongosh: reaches localhost:27017, which is ours" in ours.facts
    assert "mongosh: reaches localhost:27017; ours is elsewhere" in other.facts
    assert "secret" not in str(other)


def test_units_and_files_are_looked_for(where: Whereabouts) -> None:
    restart = here.of_line("systemctl restart sbd-api no-such", where).facts
    log = here.of_line("tail -n 2 /var/log/no-such.log /etc/passwd", where).facts

    assert {"unit sbd-api.service: there is none here", "unit no-such.service: there is none here"} <= {
        *restart
    }
    assert log[1:] == ("/var/log/no-such.log: is not there", "/etc/passwd: is there")


def test_what_is_no_line_of_a_shell_is_not_run(where: Whereabouts, step: Callable[..., Step]) -> None:
    setting = replace(step("CACHE_TTL = 300", Kind.PLACEHOLDER, "date"), language="python")
    index = replace(step('db.families.createIndex({"a": 1})'), language="javascript")

    assert here.of_step(setting, where) == here.Here(None, obstacle="it is no line of a shell")
    assert here.of_step(index, where).line == "mongosh --quiet --eval 'db.families.createIndex({\"a\": 1})'"


def test_root_needs_no_sudo_where_there_is_none(
    where: Whereabouts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "ADMINISTRATORS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    as_root = here.of_line("sudo date && sudo -u ann date", where)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    as_ann = here.of_line("sudo date", where)

    assert as_root.line == "date && sudo -u ann date"
    assert (as_ann.line, as_ann.obstacle) == ("sudo date", "sudo is not installed here")
