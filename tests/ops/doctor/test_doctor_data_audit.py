"""doctor:audit and doctor:audit_deep, of entries whose content was changed while their seals were left."""

from collections.abc import Iterator

import pytest

from ops.audit import ending
from ops.doctor.check import Finding, Result
from ops.doctor.checks import audit
from ops.doctor.whereabouts import Whereabouts
from tests.ops.audit.sealed_log import Log, forget_heads

VERIFY = ".venv/bin/python manage.py verify_audit"
CHANGED = "entries were changed, deleted or added past the product"


@pytest.fixture
def log() -> Iterator[Log]:
    """Six entries, sealed."""
    forget_heads()
    yield Log()
    forget_heads()


@pytest.mark.parametrize("number", [1, 4, 6])
def test_an_entry_near_the_end_that_was_changed_is_named(log: Log, where: Whereabouts, number: int) -> None:
    log.change(number, action="another")

    found = audit.look(where)

    assert (found.result, found.cause, found.remedy) == (Result.FAILED, CHANGED, VERIFY)
    assert len(found.evidence) == 1
    assert found.evidence[0].endswith(f", number {number}, is not what was sealed")


def test_an_entry_that_was_taken_out_of_the_middle_is_missed(log: Log, where: Whereabouts) -> None:
    log.remove(3)

    assert audit.look(where).evidence == ("number 3 is missing",)


def test_only_the_newest_are_looked_at_and_the_deep_look_reads_all(log: Log, where: Whereabouts) -> None:
    well = audit.look_at_all(where)
    log.change(2, action="another")

    assert well == Finding(Result.OK, ("6 entries are sealed, up to number 6, 0 wait",))
    assert ending.faults_of_newest(6, most=4) == []
    assert [each.sentence.partition(", ")[2] for each in ending.faults_of_newest(6, most=5)] == [
        "number 2, is not what was sealed"
    ]
    deep = audit.look_at_all(where)
    assert (deep.result, deep.due_to) == (Result.FAILED, ("audit",))
    assert deep.evidence[1].endswith(", number 2, is not what was sealed")
