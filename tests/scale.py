"""Pytest plugin: how much is tried: a twentieth in ``make test``, all of it in ``make test-long``.

What takes longer still is tried by ``make soak``.
"""

import os

import pytest
from hypothesis import settings

FULL = os.environ.get("SBD_FULL") == "1"
SOAK = os.environ.get("SBD_SOAK") == "1"
SHARE = 20
EXAMPLES = 2000
RACES = 20

settings.register_profile("full", max_examples=EXAMPLES, deadline=None)
settings.register_profile("short", max_examples=EXAMPLES // SHARE, deadline=None)
settings.load_profile("full" if FULL else "short")


def trials(full: int) -> range:
    """Return as many numbers as there shall be trials, at least one."""
    return range(full if FULL else max(1, full // SHARE))


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker of races."""
    config.addinivalue_line("markers", "race: run again, since a race is not always lost; in full so often")
    config.addinivalue_line("markers", "scaled: tries as much as the scale says")
    config.addinivalue_line("markers", "long: takes so long that only `make test-long` has the time")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a race as often as the scale says, each time on its own."""
    if race := metafunc.definition.get_closest_marker("race"):
        metafunc.fixturenames.append("trial")
        metafunc.parametrize("trial", trials(*race.args or [RACES]))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In full run only what there is more of, or else is not run; the rest would be the same again."""
    rest = [item for item in items if (not _scales(item) if FULL else item.get_closest_marker("long"))]
    if not rest:
        return
    config.hook.pytest_deselected(items=rest)
    gone = set(rest)
    items[:] = [item for item in items if item not in gone]


def _scales(item: pytest.Item) -> bool:
    function = getattr(item, "function", None)
    marked = any(item.get_closest_marker(name) for name in ("race", "scaled", "long"))
    return marked or hasattr(function, "hypothesis")
