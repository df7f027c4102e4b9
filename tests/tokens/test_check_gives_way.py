"""The nightly check rests between pages, and only between whole ones."""

import pytest

from ops import clock
from tests.tokens.damage import Books
from tokens.actions import checking
from tokens.ledger import reading

pytestmark = pytest.mark.usefixtures("_forgotten")
PAGE = 3


class Told:
    """Stands where the work in the background does, and rests never."""

    steps: list[tuple[str, int]]

    def give_way(self, kind: str, units: int) -> None:
        """Write down what it was told."""
        self.steps.append((kind, units))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the work in the background was told; there is a ledger, read a few documents at a time."""
    Books()
    Told.steps = []
    monkeypatch.setattr(checking, "Background", Told)
    for module in (checking, reading):
        monkeypatch.setattr(module, "PAGE", PAGE)
    return Told.steps


def test_after_each_page_people_come_first(steps: list[tuple[str, int]]) -> None:
    read = checking.check_slice(now=clock.now())

    assert read == 20 + 10
    assert {kind for kind, _ in steps} >= {"accounts", "transactions"}
    assert min(units for _, units in steps) >= PAGE
    assert read - PAGE < sum(units for _, units in steps) <= read


def test_a_check_that_is_waited_for_gives_no_way(steps: list[tuple[str, int]]) -> None:
    checking.check(checking.WHOLE, tell=lambda _: None)

    assert steps == []
