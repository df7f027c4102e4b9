"""Pytest plugin: how much is tried, and what is left to the long run.

``make test`` tries a twentieth, and of what starts whole processes, a browser or nginx, kills or waits only
one of a kind or two; the rest is marked ``long``. ``make test-long`` runs what is marked, and tries all of
what is ``scaled``, a race or a property; it does not run again what would be the same again. So neither run
holds every test: both together do. What takes longer still is tried by ``make soak``.
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
    config.addinivalue_line("markers", "long: takes so long that `make test` has no time for it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a race as often as the scale says, each time on its own."""
    if race := metafunc.definition.get_closest_marker("race"):
        metafunc.fixturenames.append("trial")
        metafunc.parametrize("trial", trials(*race.args or [RACES]))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In full run only what there is more of, or else is not run; the rest would be the same again."""
    rest = [item for item in items if (not _scales(item) if FULL else _is_left(item))]
    if not rest:
        return
    config.hook.pytest_deselected(items=rest)
    gone = set(rest)
    items[:] = [item for item in items if item not in gone]


def _is_left(item: pytest.Item) -> bool:
    """Tell whether a test is left to the long run; of what is scaled, `make soak` tries most."""
    return bool(item.get_closest_marker("long")) and not (SOAK and item.get_closest_marker("scaled"))


def _scales(item: pytest.Item) -> bool:
    function = getattr(item, "function", None)
    marked = any(item.get_closest_marker(name) for name in ("race", "scaled", "long"))
    return marked or hasattr(function, "hypothesis")
