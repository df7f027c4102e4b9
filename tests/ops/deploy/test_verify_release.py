"""``manage.py verify_release``: a release that was made is as it was made, until somebody changes a file."""

import io
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from family_site.settings.environment import BASE_DIR
from ops.deployments import verifying
from tests.tools import require

SCRIPT = "ops/deploy/make-release"


@pytest.fixture
def release(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A release of a small checkout, made by the shipped script."""
    git, checkout = require(request.config, "git"), tmp_path / "checkout"
    for name, text in {
        SCRIPT: (BASE_DIR / SCRIPT).read_text(),
        "family_site/__init__.py": '__version__ = "1.0.0"\n',
        "manage.py": "print()\n",
    }.items():
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (checkout / SCRIPT).chmod(0o755)
    who = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
    for words in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "-m", "first")):
        subprocess.run([git, "-C", str(checkout), *words], check=True)
    return made(checkout, tmp_path / "sbd")


def made(checkout: Path, root: Path) -> Path:
    variables = {"SBD_ROOT": str(root), "PATH": "/usr/bin:/bin"}
    ran = subprocess.run([checkout / SCRIPT], env=variables, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return root / "releases" / ran.stdout.strip()


def verify(release: Path, *words: str) -> tuple[int, str]:
    said = io.StringIO()
    try:
        call_command("verify_release", "--release", str(release), *words, stdout=said)
    except SystemExit as ended:
        return int(str(ended.code)), said.getvalue()
    return 0, said.getvalue()


def test_one_that_nobody_changed_is_whole_also_with_what_it_gets_later(release: Path) -> None:
    for name in (".venv/bin/python", "var/data", "family_site/__pycache__/__init__.cpython-311.pyc"):
        path = release / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("made here")
    (release / ".env").symlink_to("/etc/sbd/sbd.env")

    status, said = verify(release)

    assert (status, said.splitlines()[-1]) == (0, "All are as they were made.")
    assert said.startswith("3 files in the manifest, its SHA-256: ")


def test_what_was_changed_added_or_taken_away_is_named(release: Path) -> None:
    (release / "manage.py").write_text("print('in')\n")
    (release / SCRIPT).unlink()
    (release / "family_site" / "door.py").write_text("")
    (release / "family_site" / "elsewhere").symlink_to("/etc")
    (release / "family_site" / "__pycache__").mkdir()
    (release / "family_site" / "__pycache__" / "door2.cpython-311.pyc").write_text("")

    status, said = verify(release)

    assert status == 1
    assert said.splitlines()[:-1] == [
        "changed: manage.py",
        f"missing: {SCRIPT}",
        "added: family_site/__pycache__/door2.cpython-311.pyc",
        "added: family_site/door.py",
        "added: family_site/elsewhere",
    ]


def test_a_file_that_became_a_link_is_changed(release: Path) -> None:
    (release / "manage.py").rename(release / "var")
    (release / "manage.py").symlink_to("var")

    assert verifying.verify(release).changed == ["manage.py"]


def test_the_same_commit_has_the_same_manifest_elsewhere(release: Path, tmp_path: Path) -> None:
    other = made(tmp_path / "checkout", tmp_path / "clean")
    (release / "manage.py").write_text("print('in')\n")
    forged = verifying.verify(release).sha256

    status, said = verify(release, "--manifest", str(other / "MANIFEST"))

    assert (status, forged in said, "changed: manage.py" in said) == (1, True, True)


@pytest.mark.parametrize("text", [None, "", "no sums\n"])
def test_without_sums_nothing_is_known(release: Path, text: str | None) -> None:
    (release / "MANIFEST").unlink()
    if text is not None:
        (release / "MANIFEST").write_text(text)

    with pytest.raises(CommandError) as refused:
        verify(release)

    assert refused.value.returncode == 2
