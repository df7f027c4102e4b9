"""Making an installation ready: keys into its environment file, and what is left to do."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from family_site.settings import environment
from ops.setup import keys
from tests.e2e import processes

ROOT = processes.MANAGE.parent


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The example as it is shipped, for root and its group only."""
    file = tmp_path / "sbd.env"
    file.write_text((ROOT / ".env.example").read_text())
    file.chmod(0o640)
    return file


def values(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", file.read_text(), re.MULTILINE))


def test_every_key_is_made_once_and_all_differ(file: Path) -> None:
    example = values(file)

    made = keys.fill(file)

    assert made == [*keys.NAMES, keys.OF_BACKUPS]
    assert tuple(name.lower() for name in keys.NAMES) == environment.SECRETS
    first = values(file)
    assert len({first[name] for name in made}) == len(made)
    assert min(len(first[name]) for name in made) >= 32
    assert {name: value for name, value in first.items() if name not in made} == {
        name: value for name, value in example.items() if name not in made
    }
    assert keys.fill(file) == []
    assert values(file) == first


def test_the_file_keeps_its_mode_and_nothing_lies_beside_it(file: Path) -> None:
    keys.fill(file)

    assert file.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in file.parent.iterdir()] == ["sbd.env"]


def test_a_link_to_the_file_stays_a_link(file: Path) -> None:
    link = file.parent / ".env"
    link.symlink_to(file)

    keys.fill(link)

    assert link.is_symlink()
    assert values(file)["SECRET_KEY"] == values(link)["SECRET_KEY"] != ""


def test_a_key_that_is_there_stays_and_backups_are_then_left_as_they_were(file: Path) -> None:
    file.write_text("SECRET_KEY=mine\nBACKUP_KEY=\n")

    made = keys.fill(file)

    assert made == [name for name in keys.NAMES if name != "SECRET_KEY"]
    assert values(file)["SECRET_KEY"] == "mine"
    assert values(file)["BACKUP_KEY"] == ""


def test_without_a_file_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        keys.fill(tmp_path / "sbd.env")


def typed(file: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Type ``manage.py setup`` where the settings cannot be loaded, with this file in place of ``.env``."""
    program = (
        "import sys, pathlib; from ops.setup import command; command.FILE = pathlib.Path(sys.argv[1]); "
        "sys.exit(command.main(sys.argv[2:], settings_error=Exception('settings: MONGODB_URI is missing')))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(file), *words],
        cwd=ROOT,
        env=processes.environment(SBD_MODE="demo", SBD_VAR=str(file.parent / "var")),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_settings_it_makes_the_keys_and_begins_anew(file: Path) -> None:
    done = typed(file, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    made = ", ".join([*keys.NAMES, keys.OF_BACKUPS])
    assert done.stdout.startswith(f"Made {made} in {file}.\nusage: manage.py setup")
    assert values(file)["SECRET_KEY"] not in done.stdout


def test_what_is_no_key_has_to_be_set_by_somebody(file: Path) -> None:
    keys.fill(file)

    done = typed(file)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"settings: MONGODB_URI is missing\nSet it in {file}, then type it again.\n"


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    done = typed(tmp_path / "sbd.env")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{tmp_path / 'sbd.env'}: No such file or directory: docs/install.md says how it is made\n"
    )
