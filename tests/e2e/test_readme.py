"""The README's walk, word for word, against the system it starts."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.demo import running

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = "API=http://localhost:8000"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's walk needs curl")
def test_the_walk_of_the_readme_works_as_printed(tmp_path: Path) -> None:
    (walk,) = [block for block in _shell_blocks() if HERE in block]

    with running(tmp_path / "var") as run:
        assert run.is_ready(), run.lines()
        here = walk.replace(HERE, f"API=http://localhost:{run.port}")
        # One answer a line: the walk's calls end without a line break of their own.
        said = subprocess.run(
            ["bash", "-euc", here.replace("curl -s", "curl -s -w '\\n'")],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    registered, created, mine = (json.loads(line) for line in said.stdout.splitlines())
    assert registered["username"] == "ines"
    assert created["name"] == "The Otters"
    assert [family["family_id"] for family in mine] == [created["family_id"]]


def _shell_blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
