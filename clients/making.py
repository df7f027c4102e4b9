"""Makes the clients: Python by openapi-python-client, TypeScript by openapi-typescript.

What npm brings lies under ``var/npm``, in a folder named by the lock's hash: it is fetched once.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TYPESCRIPT = HERE / "typescript"
NPM = ROOT / "var" / "npm"
# What decides which packages come, and from where.
LOCKED = ("package.json", "package-lock.json", ".npmrc")
# What a client in TypeScript is made from, beside the description.
SOURCES = ("package.json", "tsconfig.json", "client.ts")
JSON = "application/json"


class NoNodeError(Exception):
    """There is no Node.js here, or no npm."""


def write_description(to: Path, environment: Mapping[str, str] | None = None) -> None:
    """Write the OpenAPI document, as ``/schema`` serves it."""
    words = ["spectacular", "--format", "openapi-json", "--file", str(to)]
    _run([sys.executable, str(ROOT / "manage.py"), *words], cwd=ROOT, environment=environment)


def make_python(description: Path, to: Path) -> None:
    """Make the client in Python; what was in the folder goes."""
    shutil.rmtree(to, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        lean = Path(folder) / "lean.json"
        lean.write_text(json.dumps(_json_only(json.loads(description.read_text()))))
        words = ["generate", "--path", lean, "--output-path", to, "--meta", "setup", "--fail-on-warning"]
        ours = ["--config", HERE / "python.yml", "--custom-template-path", HERE / "templates"]
        _run([sys.executable, "-m", "openapi_python_client", *words, *ours], cwd=ROOT)


def make_typescript(description: Path, to: Path) -> None:
    """Make the client in TypeScript, compiled; only ``dist`` and what describes the package is written.

    Raises:
        NoNodeError: it takes Node.js.
    """
    with workshop() as folder:
        for name in SOURCES:
            shutil.copy(TYPESCRIPT / name, folder)
        # A default is what the server takes for a member that is missing: so it may be missing.
        words = [str(description), "--output", "schema.d.ts", "--default-non-nullable", "false"]
        run_tool("openapi-typescript", *words, folder=folder)
        run_tool("tsc", folder=folder)
        shutil.copy(folder / "schema.d.ts", folder / "dist")
        shutil.rmtree(to / "dist", ignore_errors=True)
        shutil.copytree(folder / "dist", to / "dist")
        if not (to / "package.json").exists():
            shutil.copy(TYPESCRIPT / "package.json", to)


@contextmanager
def workshop() -> Iterator[Path]:
    """Yield a folder in which TypeScript finds the packages of the lock; it is gone afterwards.

    Raises:
        NoNodeError: there is nothing to get them with.
    """
    with tempfile.TemporaryDirectory(dir=_packages(), prefix="work-") as folder:
        yield Path(folder)


def run_tool(name: str, *words: str, folder: Path) -> str:
    """Run a program of the packages in a workshop; returns what it said."""
    return _run([_packages() / "node_modules" / ".bin" / name, *words], cwd=folder)


def _packages() -> Path:
    if not (shutil.which("node") and shutil.which("npm")):
        raise NoNodeError
    lock = hashlib.sha256(b"".join((TYPESCRIPT / name).read_bytes() for name in LOCKED)).hexdigest()
    place = NPM / lock[:16]
    if not place.exists():
        NPM.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=NPM, prefix="new-") as folder:
            whole = Path(folder) / "whole"
            whole.mkdir()
            for name in LOCKED:
                shutil.copy(TYPESCRIPT / name, whole)
            _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=whole)
            if not place.exists():  # another process may have been quicker
                whole.rename(place)
    return place


def _json_only(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out forms: openapi-python-client cannot tell two bodies of one shape apart."""
    for item in document["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {}).get("content", {})
            if JSON in content:
                operation["requestBody"]["content"] = {JSON: content[JSON]}
    return document


def _run(words: list[Any], *, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=dict(environment or os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}\n{done.stdout}")
    return done.stdout
