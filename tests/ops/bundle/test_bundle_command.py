"""``manage.py support_bundle`` as a person types it: where the archive lies, and what is said of it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ops.arguments import USAGE
from ops.bundle import command
from ops.doctor.whereabouts import ROOT
from ops.management.commands.support_bundle import Command
from tests.database import documents
from tests.ops.bundle.conftest import DEAD_MONGODB, DEAD_REDIS, unpacked
from tests.ops.bundle.lines import busy

pytestmark = pytest.mark.usefixtures("aloud")


def test_an_archive_for_its_owner_alone_is_made_and_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "new" / "bundle.tar.gz"

    status = command.main(["--section", "2", "--out", str(archive)])

    said, files = capsys.readouterr().out, unpacked(archive)
    assert status == 0
    assert archive.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in archive.parent.iterdir()] == ["bundle.tar.gz"]
    (directory,) = {name.partition("/")[0] for name in files}
    assert re.fullmatch(r"support-\d{8}T\d{6}Z-section-2", directory)
    assert sorted(name.partition("/")[2] for name in files) == [
        "00-doctor.json",
        "00-doctor.txt",
        "E04-mongodb-logs.txt",
        "E05-replica-set-status.txt",
        "E06-disk-and-memory.txt",
        "manifest.json",
    ]
    for name, text in files.items():
        assert f"{name.partition('/')[2]} ({len(text.encode()):,} bytes)" in said
    assert f"{archive}: 6 files" in said
    assert "Could not be read" not in said


def test_that_it_was_taken_stands_in_the_audit_log_and_nothing_else_is_written(tmp_path: Path) -> None:
    before = documents()

    command.main(["--section", "3", "--out", str(tmp_path)])

    after = documents()
    (entry,) = after.pop("audit_log")
    assert after == {name: each for name, each in before.items() if name != "audit_log"}
    assert (entry["action"], entry["target"]) == ("support_bundle.taken", "support_bundle")
    assert entry["actor"].startswith("shell:")
    assert entry["after"] == {"section": 3, "incomplete": []}


def test_it_lies_below_the_directory_of_data_unless_somebody_names_a_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--section", "3"]) == 0
    assert command.main(["--section", "3", "--out", str(tmp_path)]) == 0

    usual, named = re.findall(r"^(/\S+\.tar\.gz): ", capsys.readouterr().out, re.MULTILINE)
    assert Path(usual).parent == Path(os.environ["SBD_VAR"]) / "bundles"
    assert Path(usual).parent.stat().st_mode & 0o777 == 0o700
    assert Path(named).parent == tmp_path


def test_what_could_not_be_read_is_told_once_with_its_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = command.main(
        ["--section", "8", "--out", str(tmp_path), "--file", str(busy(tmp_path / "log")), "--since", "2h"]
    )

    said = capsys.readouterr().out
    assert status == 1
    (line,) = said.partition("Could not be read:\n")[2].rstrip().splitlines()
    assert line.startswith("  metrics of the exporter: the exporter does not answer at 127.0.0.1:")
    assert line.endswith(" (E22, E23)")


def test_a_place_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--section", "3", "--out", "/proc/nowhere/x"]) == command.CANNOT_WRITE
    assert "/proc/nowhere/x cannot be written (" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--section", "9"], ["--since", "soon"], ["--section"]])
def test_what_is_mistyped_has_a_status_of_its_own(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(words)

    assert ended.value.code == USAGE


def test_the_options_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        Command().print_help("manage.py", "support_bundle")

    assert "--section {1,2,3,4,5,6,7,8}" in capsys.readouterr().out


@pytest.mark.long
def test_with_everything_dead_a_bundle_is_made_all_the_same(tmp_path: Path) -> None:
    archive = tmp_path / "bundle.tar.gz"
    words = ["--out", str(archive), "--file", str(busy(tmp_path / "log"))]

    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "support_bundle", *words],
        env=os.environ | {"MONGODB_URI": DEAD_MONGODB, "REDIS_URL": DEAD_REDIS},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert "  MongoDB: MongoDB does not answer (E05, E06, E12, E14, E16, E17, E19, E23, E24)" in done.stdout
    assert done.stdout.endswith("That it was taken could not be written into the audit log.\n")
    files = {name.partition("/")[2]: text for name, text in unpacked(archive).items()}
    assert "family.created" in files["E01-application-logs.txt"]
    results = {each["name"]: each["result"] for each in json.loads(files["00-doctor.json"])["findings"]}
    assert (results["mongo"], results["redis"]) == ("failed", "failed")
