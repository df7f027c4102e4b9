"""``manage.py runbook``, as it is typed."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ops.arguments import USAGE
from ops.runbook import command, pages

MANAGE = Path(__file__).resolve().parents[3] / "manage.py"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert command.main(words) == 0
    return capsys.readouterr().out


def test_a_section_is_printed_and_nothing_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    said = run(capsys, "3")

    assert said.startswith("Section 3: Redis connection\n\nR030 Does the unit run?")
    assert said.count("  here      redis-cli: reaches localhost:6379") == 7
    assert "exit status" not in said
    assert "transcript" not in said


@pytest.mark.parametrize("step", ["R040", "r040", "11"])
def test_one_step_is_chosen_by_its_id_or_its_place(capsys: pytest.CaptureFixture[str], step: str) -> None:
    told = json.loads(run(capsys, "3", "--step", step, "--json"))

    assert (told["section"], told["title"], told["transcript"]) == (3, "Redis connection", None)
    assert [each["ids"] for each in told["steps"]] == [["R040"]]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["3", "--step", "R001"], "there is no step R001 in section 3"),
        (["3", "--step", "0"], "there is no step 0 in section 3"),
        (["99"], "invalid choice: 99"),
        (["three"], "invalid int value"),
    ],
)
def test_what_is_not_there_is_said(capsys: pytest.CaptureFixture[str], words: list[str], fault: str) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(words)

    assert ended.value.code == USAGE
    assert fault in capsys.readouterr().err


def test_with_run_what_looks_is_run_and_where_the_transcript_is_is_said(
    capsys: pytest.CaptureFixture[str], settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path

    told = json.loads(run(capsys, "15", "--step", "15.3", "--run", "--json"))

    (step,) = told["steps"]
    assert (step["command"], step["ran"]["status"]) == ("date --utc", 0)
    kept = Path(told["transcript"])
    assert kept.parent == tmp_path / "runbook"
    assert step["ran"]["output"] in kept.read_text()


def test_a_page_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "01-bad.md").write_text("# Bad\n")
    monkeypatch.setattr(pages.all_pages, "__defaults__", (tmp_path,))

    assert command.main(["1"]) == 1

    assert capsys.readouterr().err == f"{tmp_path}/01-bad.md:1: the first line is `# 1. <title>`\n"


def test_broken_settings_keep_nobody_from_the_runbook(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["1", "--step", "R008"], settings_error=ValueError("no settings")) == 0

    assert "R008 Are the settings right?" in capsys.readouterr().out


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, str(MANAGE), "runbook", "15", "--step", "15.3"]
    environment = {**os.environ, "SBD_MODE": "demo", "SBD_VAR": str(tmp_path)}
    process = subprocess.Popen(words, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, b"run\n")
    said = _all_of(ours)

    assert process.wait(60) == 0
    assert "run, skip, quit?" in said
    assert "$ date --utc\r\n" in said
    assert f"The transcript is {tmp_path}/runbook/" in said


@pytest.mark.long
def test_a_reader_who_has_gone_is_no_fault() -> None:
    process = subprocess.Popen(
        [sys.executable, str(MANAGE), "runbook", "3"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()

    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 141


def _all_of(terminal: int) -> str:
    """Read until the other side closes it."""
    said = b""
    while True:
        try:
            said += os.read(terminal, 65536)
        except OSError:
            os.close(terminal)
            return said.decode()
