"""The typed clients: made from the description as it is served, compiled, and played through.

What is played is what ``docs/clients.md`` prints.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clients import making
from tests.e2e import processes
from tests.e2e.demo import Run

pytestmark = pytest.mark.long

Done = subprocess.CompletedProcess[str]
BUSY = "SERVICE_UNAVAILABLE"
PRINTED = "http://localhost:8000"
MISSING = "NO NODE: node or npm is not there (Debian: `nodejs`, `npm`); the TypeScript client is not made."
# As strict as can be, and without the settings of this project.
STRICT = ("--strict", "--config-file=", "--python-executable", sys.executable)


@pytest.fixture(scope="module")
def description(served: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document, as the command writes it with the settings of the running system."""
    path = tmp_path_factory.mktemp("description") / "schema.json"
    making.write_description(
        path, processes.environment(SBD_MODE="demo", SBD_VAR=str(served.var), PORT=str(served.port))
    )
    return path


def test_the_command_writes_what_is_served(served: Run, description: Path) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/schema") as answer:
        assert json.loads(description.read_text()) == json.load(answer)


def test_the_client_in_python_is_typed_and_walks(served: Run, description: Path, tmp_path: Path) -> None:
    making.make_python(description, tmp_path / "python")
    program = tmp_path / "walk.py"
    program.write_text(_printed("python", served))
    (tmp_path / "family_client").symlink_to(tmp_path / "python" / "family_client")

    checked = _said(
        "-m",
        "mypy",
        *STRICT,
        "--cache-dir",
        str(making.ROOT / ".mypy_cache" / "clients"),
        "walk.py",
        "family_client",
        folder=tmp_path,
    )
    assert checked.startswith("Success: no issues found in"), checked

    def walk(text: str) -> Done:
        program.write_text(text)
        return _run(sys.executable, program.name, folder=tmp_path)

    _assert_walks(walk, _printed("python", served))


@pytest.mark.long  # installs a compiler first
def test_the_client_in_typescript_is_typed_and_walks(
    served: Run, description: Path, request: pytest.FixtureRequest
) -> None:
    try:
        with making.workshop() as folder:
            package = folder / "node_modules" / "family-client"
            package.mkdir(parents=True)
            making.make_typescript(description, package)
            (folder / "package.json").write_text('{"type": "module"}')
            settings: dict[str, Any] = json.loads((making.TYPESCRIPT / "tsconfig.json").read_text())
            settings["files"] = ["walk.ts"]
            (folder / "tsconfig.json").write_text(json.dumps(settings))

            def walk(text: str) -> Done:
                (folder / "walk.ts").write_text(text)
                making.run_tool("tsc", folder=folder)
                return _run("node", "dist/walk.js", folder=folder)

            _assert_walks(walk, _printed("ts", served))
    except making.NoNodeError:
        _skip_loudly(request.config)


def _assert_walks(walk: Callable[[str], Done], program: str) -> None:
    """Play a program; where the system is too busy for it (503), it comes again as another person."""
    for person in ("otto", "otto-2", "otto-3"):
        done = walk(program.replace('"otto', f'"{person}'))
        if BUSY not in done.stdout + done.stderr:
            break
    assert done.returncode == 0, done.stdout + done.stderr
    created, refusal, mine = done.stdout.splitlines()
    family_id, *rest = created.split(" ")
    assert rest == ["The", "Otters", "0"]
    assert refusal == "VALIDATION_ERROR"
    assert mine == family_id


def _printed(language: str, served: Run) -> str:
    text = (making.ROOT / "docs" / "clients.md").read_text()
    (program,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert PRINTED in program
    return str(program).replace(PRINTED, f"http://127.0.0.1:{served.port}")


def _said(*words: str, folder: Path) -> str:
    done = _run(sys.executable, *words, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _run(*words: str, folder: Path) -> Done:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def _skip_loudly(config: pytest.Config) -> None:
    """Say aloud that there is no Node.js; with ``REQUIRE_NODE=1`` that is a failure."""
    if os.environ.get("REQUIRE_NODE") == "1":
        pytest.fail(MISSING)
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n*** {MISSING} ***")  # noqa: T201  # past the capture, so that it is seen
    pytest.skip(MISSING)
