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


def test_after_each_page_people_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    Books()
    Told.steps = []
    monkeypatch.setattr(checking, "Background", Told)
    for module in (checking, reading):
        monkeypatch.setattr(module, "PAGE", PAGE)

    read = checking.check_slice(now=clock.now())

    assert read == 20 + 10
    assert {kind for kind, _ in Told.steps} >= {"accounts", "transactions"}
    assert min(units for _, units in Told.steps) >= PAGE
    assert read - PAGE < sum(units for _, units in Told.steps) <= read


def test_a_check_that_is_waited_for_gives_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    Books()
    Told.steps = []
    monkeypatch.setattr(checking, "Background", Told)
    for module in (checking, reading):
        monkeypatch.setattr(module, "PAGE", PAGE)

    checking.check(checking.WHOLE, tell=lambda _: None)

    assert Told.steps == []
