"""``manage.py rotate_key``: a new key first, the old one behind it, and none ever printed. Inventory, C26."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from ops import keys as fingerprints
from ops import sealed
from ops.setup import keys
from tests.database import audit

WHY = "It was stolen"
NAMES = ("JWT_SIGNING_KEY", "LINK_SIGNING_KEY", "FIELD_KEY", "AUDIT_KEY", "MONITORING_SECRET")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An environment file with a key for each, beside other lines."""
    file = tmp_path / "sbd.env"
    lines = [f"{name}={name.lower()}-{'0' * 32}" for name in (*NAMES, "SECRET_KEY")]
    file.write_text("\n".join(["# keys", *lines, "PORT=8000", ""]))
    file.chmod(0o640)
    return file


def rotate(name: str, file: Path, *words: str) -> str:
    out = StringIO()
    call_command("rotate_key", name, "--file", str(file), *words, stdout=out)
    return out.getvalue()


def values(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", file.read_text(), re.MULTILINE))


def copies(file: Path) -> list[Path]:
    return [each for each in file.parent.iterdir() if each != file]


def test_a_dry_run_changes_nothing(file: Path) -> None:
    before = file.read_text()

    told = rotate("JWT_SIGNING_KEY", file)

    assert told.endswith("Nothing was changed; --apply does it.\n")
    assert (file.read_text(), copies(file), audit("key.rotated")) == (before, [], [])


@pytest.mark.parametrize("name", NAMES)
def test_the_new_key_is_first_and_the_old_one_behind_it(file: Path, name: str) -> None:
    before = values(file)

    told = rotate(name, file, "--apply", "--reason", WHY)

    after = values(file)
    new, old = after.pop(name).split(",")
    assert old == before.pop(name)
    assert len(new) >= 32
    assert after == before
    assert file.read_text().startswith("# keys\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert new not in told
    assert old not in told
    assert "systemctl restart " in told


def test_the_file_as_it_was_lies_beside_it_for_its_owner_only(file: Path) -> None:
    before = file.read_text()

    told = rotate("FIELD_KEY", file, "--apply", "--reason", WHY)

    (copy,) = copies(file)
    assert str(copy) in told
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == (before, 0o600)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("JWT_SIGNING_KEY", ["--without-overlap"]),
        ("SECRET_KEY", []),
        ("MONITORING_SECRET", ["--without-overlap"]),
    ],
)
def test_a_stolen_key_is_dropped(file: Path, name: str, words: list[str]) -> None:
    before = values(file)[name]

    rotate(name, file, *words, "--apply", "--reason", WHY)

    assert before not in file.read_text()
    assert "," not in values(file)[name]


@pytest.mark.parametrize("name", ["FIELD_KEY", "AUDIT_KEY", "LINK_SIGNING_KEY"])
def test_what_the_database_needs_is_never_dropped(file: Path, name: str) -> None:
    before = file.read_text()

    with pytest.raises(CommandError, match="never dropped"):
        rotate(name, file, "--without-overlap", "--apply", "--reason", WHY)

    assert (file.read_text(), copies(file)) == (before, [])


def test_what_was_sealed_before_is_opened_after(file: Path) -> None:
    with override_settings(FIELD_KEYS=(values(file)["FIELD_KEY"],)):
        text = sealed.seal("a secret", purpose="tests")
    rotate("FIELD_KEY", file, "--apply", "--reason", WHY)

    with override_settings(FIELD_KEYS=tuple(values(file)["FIELD_KEY"].split(","))):
        assert sealed.opened(text, purpose="tests") == "a secret"


def test_it_is_audited_by_fingerprints(file: Path) -> None:
    old = values(file)["JWT_SIGNING_KEY"]

    rotate("JWT_SIGNING_KEY", file, "--apply", "--reason", WHY)

    new = values(file)["JWT_SIGNING_KEY"].split(",")[0]
    (entry,) = audit("key.rotated")
    known = [fingerprints.fingerprint(each, purpose="kid") for each in (new, old)]
    assert (entry["target"], entry["before"], entry["after"]) == (
        "JWT_SIGNING_KEY",
        {"keys": known[1:]},
        {"keys": known},
    )
    assert entry["private"]["reason"] == WHY


def test_twice_keeps_all_of_them(file: Path) -> None:
    for _ in range(2):
        rotate("FIELD_KEY", file, "--apply", "--reason", WHY)

    assert len(set(values(file)["FIELD_KEY"].split(","))) == 3


def test_quotes_are_no_part_of_a_key(file: Path) -> None:
    old = keys.new()
    file.write_text(f'JWT_SIGNING_KEY="{old}"\n')

    rotate("JWT_SIGNING_KEY", file, "--apply", "--reason", WHY)

    assert values(file)["JWT_SIGNING_KEY"].split(",")[1] == old


def test_a_link_to_the_file_stays_a_link(file: Path) -> None:
    link = file.parent / ".env"
    link.symlink_to(file)

    rotate("JWT_SIGNING_KEY", link, "--apply", "--reason", WHY)

    assert link.is_symlink()
    assert "," in values(file)["JWT_SIGNING_KEY"]


@pytest.mark.parametrize(
    ("text", "words", "refusal"),
    [
        ("PORT=8000\n", ["--apply", "--reason", WHY], "no value for JWT_SIGNING_KEY"),
        (None, ["--apply", "--reason", WHY], "No such file"),
        ("JWT_SIGNING_KEY=x\n", ["--apply"], "--reason"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, text: str | None, words: list[str], refusal: str
) -> None:
    file = tmp_path / "sbd.env"
    if text is not None:
        file.write_text(text)

    with pytest.raises(CommandError, match=refusal):
        rotate("JWT_SIGNING_KEY", file, *words)

    assert audit("key.rotated") == []
