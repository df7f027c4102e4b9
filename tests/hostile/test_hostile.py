"""Thousands of hostile requests to the real system: each is refused as it must be, and nothing has changed.

They are made from good ones, for whatever the URL configuration holds. 500 in ``make test``, 10,000 in
``make test-long``, 250,000 in ``make hostile``. One that failed is sent again by its number::

    SBD_HOSTILE_SEED=1 SBD_HOSTILE_FIRST=4711 SBD_HOSTILE=1 python -m pytest tests/hostile/test_hostile.py

Source: HTTP contract, section 18 (rule 16).
"""

from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.hostile.campaign import COUNT, IS_FULL, Campaign, Report
from tests.hostile.conftest import FIGURES
from tests.hostile.generator import KINDS, STATIC, Kind
from tests.hostile.operations import operations
from tests.hostile.served import Served

Test = TypeVar("Test", bound=Callable[..., None])
WHOLE = 5000  # below it, when one failure is looked at, not everything has its turn
MOST_GROWTH = 8.0  # MB, from when it is warm
MOST_LIMITED = 0.01
SHOWN = 20

pytestmark = pytest.mark.scaled


def needs_all(test: Test) -> Test:
    """Mark a test of all kinds of requests: there are not enough of them in the short run."""
    some = pytest.mark.skipif(COUNT < WHOLE, reason="only some requests are sent again")
    marked: Test = pytest.mark.long(some(test))
    return marked


@pytest.fixture(scope="module")
def report(served: Served, pytestconfig: pytest.Config) -> Report:
    report = Campaign(served).run()
    pytestconfig.stash[FIGURES] = report.figures()
    return report


def test_every_answer_is_the_right_one(report: Report) -> None:
    assert report.found[:SHOWN] == []


def test_nothing_has_changed(report: Report) -> None:
    assert report.changed == []


def test_all_are_answered(report: Report) -> None:
    assert report.total == COUNT


@needs_all
def test_every_operation_there_is_was_tried(report: Report) -> None:
    assert report.by_operation.keys() == {each.label for each in (*operations(), STATIC)}


@needs_all
def test_every_body_that_is_read_was_looked_at(report: Report) -> None:
    read = [each for each in operations() if each.body is not None]

    assert [each.label for each in read if not report.by_operation[each.label][400]] == []


@needs_all
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_every_kind_came_as_far_as_it_should(report: Report, kind: Kind) -> None:
    """A kind that is always refused for another reason, such as a bad token, shows nothing."""
    counts = report.by_kind[kind.name]

    assert [status for status in kind.outcomes if counts[status] * 10 < counts.total()] == []


def test_neither_limits_nor_the_queue_hid_what_is_behind_them(report: Report) -> None:
    assert report.limited <= COUNT * MOST_LIMITED
    assert report.queued <= COUNT * MOST_LIMITED


def test_the_log_speaks_of_no_defect(report: Report, served: Served) -> None:
    assert report.total
    assert served.is_alive
    assert served.defects()[:SHOWN] == []


@pytest.mark.skipif(not IS_FULL, reason="memory is looked at by `make hostile`, over 250,000 requests")
def test_memory_stays_flat(report: Report) -> None:
    assert report.growth <= MOST_GROWTH
