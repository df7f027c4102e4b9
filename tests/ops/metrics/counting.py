"""A process of its own that counts, as web workers and workers do; and what the exporter makes of it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from ops.metrics.page import Page
from ops.metrics.sources import Asker, Source

# Counts as it is told, line by line, and answers each with its pid.
PROGRAM = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "family_site.settings")
from ops.metrics import http, mail, processes
for line in sys.stdin:
    exec(line)
    print(os.getpid(), flush=True)
"""
ROOT = Path(__file__).resolve().parent.parent.parent.parent
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Counting:
    """A process that counts."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Take it."""
        self.process = process

    def does(self, line: str) -> None:
        """Let it run a line, to its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == str(self.process.pid)

    def is_killed(self) -> None:
        """Kill it; it says nothing any more."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def counting(directory: Path, role: str = "web") -> Iterator[Counting]:
    """Start a process that counts below a directory."""
    surroundings = {"SBD_ROLE": role, "METRICS_DIR": str(directory), "SBD_VAR": str(directory / "var")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | surroundings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Counting(process)
    finally:
        process.kill()
        process.communicate()


def shown(directory: Path, *sources: Source) -> Samples:
    """Return what a fresh exporter shows; of the sources what they say now."""
    asker = Asker(sources)
    for source in sources:
        asker.ask(source)
    return samples(Page(directory, asker).rendered("")[0].decode())


def samples(page: str) -> Samples:
    """Return the series of a page with their values."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    """Return one value; ``None``: there is no such series."""
    return found.get((name, tuple(sorted(labels.items()))))
