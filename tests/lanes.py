"""Pytest plugin: which tests may run at the same time where workers share them, as in ``make test``.

A lane is run by one worker, test after test. Every file is a lane of its own, but for those that would
disturb each other. The long lanes begin first, so that all workers end at about the same time.
"""

from typing import Any

import pytest

# By the beginnings of the files' names. The first that fits counts, and is begun first.
LANES = (
    ("tests/e2e/test_console_browser.py",),
    # Has a whole installation of its own, on ports of its own.
    ("tests/e2e/test_runbook_pages.py",),
    # The demo and the embedded servers want the usual ports, and tests look who has got them.
    (
        *("tests/e2e/", "tests/ops/embedded/", "tests/faults/test_recovery.py"),
        *("tests/ops/maintenance/test_standstill.py", "tests/ops/metrics/test_run.py"),
        "tests/ops/deploy/test_monitoring_live.py",
    ),
    # Answers are held against a promise of seconds, while servers are stopped and started.
    ("tests/faults/", "tests/ops/doctor/"),
    ("tests/ops/mongo/test_processes.py",),
    # The longest of `make test-long`, each minutes of one worker.
    ("tests/families/test_families_machine.py",),
    ("tests/tokens/test_ledger_machine.py",),
    ("tests/families/test_family_storms.py",),
)


def lane_of(node_id: str) -> tuple[int, str]:
    """Return the place of a test's lane among the lanes, and the lane's name."""
    file = node_id.partition("::")[0]
    found = ((place, lane[0]) for place, lane in enumerate(LANES) if file.startswith(lane))
    return next(found, (len(LANES), file))


@pytest.hookimpl(optionalhook=True)  # it is pytest-xdist's
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out lane after lane; ``None``: another way was asked for."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415  # pytest shall run without it, too

    class Lanes(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return lane_of(nodeid)[1]

    config.option.loadscopereorder = False  # as the workers have sorted them
    return Lanes(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the long lanes first; the order inside a lane stays."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: lane_of(item.nodeid)[0])
