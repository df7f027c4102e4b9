"""A worker of its own process, which does nothing but runs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.conftest import environment_of, spawn, var_directory


@contextmanager
def at_work(database: str) -> Iterator[subprocess.Popen[bytes]]:
    """Let one work in a database; in the end it is killed without a word.

    Raises:
        AssertionError: it has ended by itself.
    """
    with var_directory() as var:
        environment = environment_of(
            var,
            DJANGO_SETTINGS_MODULE="family_site.settings",
            MONGODB_URI=os.environ["MONGODB_URI"],
            REDIS_URL=os.environ["REDIS_URL"],
            TESTS_DATABASE=database,
        )
        worker = spawn([sys.executable, "-m", "tests.ops.runs.worker"], environment, var / "worker.log")
        try:
            yield worker
            assert worker.poll() is None, (var / "worker.log").read_text()
        finally:
            worker.kill()
            worker.wait()
