"""The collector of cycles in a web process."""

import gc
from collections.abc import Iterator

import pytest

from ops.server import memory


@pytest.fixture
def collector() -> Iterator[None]:
    """The collector, as it was again afterwards."""
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("collector")
def test_what_is_loaded_is_left_out_and_cycles_still_go() -> None:
    memory.collect_less_often()
    loaded, collected = gc.get_freeze_count(), _collected()
    for _ in range(3 * memory.NEW_OBJECTS):
        cycle: list[object] = []
        cycle.append(cycle)

    assert loaded > 10_000
    assert _collected() - collected >= memory.NEW_OBJECTS  # what is newer than the last round is still there


def _collected() -> int:
    return sum(generation["collected"] for generation in gc.get_stats())
