"""Pytest plugin: a real mongod (a replica set) and a real redis-server of this process' own.

Loaded with ``-p`` from pyproject.toml, and started before the settings are read. Random ports, a temporary
directory; tied to this process, so that also its crash leaves nothing behind. Where workers share the tests
(``pytest -n 2``) each has its own, and the process that only hands the tests out has none.
"""

import argparse
import atexit
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from ops import embedded
from ops.embedded import ties

PREFIX = "sbd-tests-"
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 4 * 2**30  # noqa: S108  # a fresh directory in it, as in any other
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
# Nothing of the machine's own settings reaches the tests.
FORGOTTEN = (
    *("MONGODB_URI", "REDIS_URL", "CELERY_BROKER_URL"),
    *("PORT", "PUBLIC_URL", "ALLOWED_HOSTS", "SBD_WORKERS", "LOG_LEVEL", "MERCHANT_ACCOUNT"),
    "CONSOLE_IDLE_MINUTES",
    *("TRUSTED_PROXIES", "ENABLE_QUERY_CACHE", "CACHE_TTL"),
    *("SBD_ROLE", "LOG_FORMAT", "METRICS_PORT", "METRICS_DIR", "BACKUP_DIR", "BACKUP_KEEP", "BACKUP_KEY"),
    *("MAIL_URL", "MAIL_FROM", "MAIL_PER_MINUTE", "MAIL_CONCURRENCY"),
    *("ESCALATION_MATRIX", "ESCALATION_WEBHOOK_URL", "ESCALATION_WEBHOOK_SECRET", "MONITORING_SECRET"),
    *("MONITORING_URL", "LOGS_URL", "STATUS_URL"),
)
SETTINGS = {
    "SBD_MODE": "test",
    # A mail server that is set and away; tests that deliver have one of their own (tests/mailbox.py).
    "MAIL_URL": "smtp://127.0.0.1:1",
    "MAIL_FROM": "Families <no-reply@families.example.com>",
    "DJANGO_SETTINGS_MODULE": "family_site.settings",
    # Of the processes that tests start, whose callers share an address; in the tests' own they are raised.
    "ENABLE_RATE_LIMITS": "false",
}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Start them; as a wrapper, since the first that this hook calls reads the settings."""
    # A worker's lies in the directory of whoever hands out, who removes it if the worker crashes.
    var = Path(tempfile.mkdtemp(prefix=PREFIX, dir=os.environ["SBD_VAR"] if IS_WORKER else _quickest()))
    atexit.register(_leave_nothing, var)  # also when pytest itself fails before its own hooks
    for name in FORGOTTEN:
        os.environ.pop(name, None)
    os.environ.update(SETTINGS, SBD_VAR=str(var))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as by Ctrl-C, so that it ends in order
    if IS_WORKER:
        ties.end_with_parent(signal.SIGTERM)
    else:
        ties.adopt_orphans()  # a worker that is killed can end nothing that it has started
    if IS_WORKER or not _hands_out(early_config.known_args_namespace):
        servers = embedded.start(var, tie_to_parent=True, preferred_ports=False, test_commands=True)
        # A client that was told of a shutdown by a fail point looks again after half a second, not after ten.
        os.environ["MONGODB_URI"] = f"{servers.mongodb_uri}&heartbeatFrequencyMS=500"
        os.environ["REDIS_URL"] = str(servers.redis_url)
    yield


def _quickest() -> Path | None:
    """Return where a commit need not wait for a disk: memory, if there is enough; ``None``: the usual place.

    Tests that kill servers have some of their own, on disk.
    """
    try:
        has_room = shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    except OSError:
        return None
    return MEMORY if has_room and os.access(MEMORY, os.W_OK) else None


def _hands_out(options: argparse.Namespace) -> bool:
    """Tell whether this process will only hand out the tests; pytest-xdist itself decides it later."""
    workers = getattr(options, "numprocesses", None) or getattr(options, "tx", None)
    return bool(workers) and not (options.collectonly or options.usepdb)


def _leave_nothing(var: Path) -> None:
    embedded.stop(var)
    for left in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            left.kill()
    shutil.rmtree(var, ignore_errors=True)
    # Whoever handed out may have been killed; then the last worker removes what is common.
    if IS_WORKER and not any(var.parent.glob(f"{PREFIX}*")):
        shutil.rmtree(var.parent, ignore_errors=True)
