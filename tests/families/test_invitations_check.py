"""What doctor says of invitations."""

from datetime import timedelta

import pytest

from families import checks
from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.mongo.collections import Document
from tests.factories import Person, new_family, new_invitation


@pytest.fixture
def larks(person: Person) -> Document:
    return new_family(person)


@pytest.mark.parametrize(("late", "result"), [(4, Result.OK), (6, Result.DEGRADED)])
def test_what_is_overdue_for_longer_than_its_job_takes_is_said(
    person: Person, larks: Document, late: int, result: Result
) -> None:
    sent_at = clock.now() - timedelta(days=7, minutes=late)
    new_invitation(larks["_id"], person, "late@example.com", now=sent_at)

    found = checks.look(whereabouts.from_settings())

    assert found.result == result
    assert found.evidence[0].startswith({Result.OK: "none expired", Result.DEGRADED: "1 expired"}[result])
