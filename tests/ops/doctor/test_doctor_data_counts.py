"""doctor:counts: what there is, beside what the last backup held."""

from datetime import UTC, datetime, timedelta

import pytest

from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.checks import counts
from ops.doctor.checks.counts import Before, Now
from tests.factories import Person, new_family, new_invitation

AT = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
NAMES = dict.fromkeys((*counts.TOLD, *counts.KEPT), 100)


def now(**changed: int) -> Now:
    return Now(NAMES | changed, 0, 0)


def before(**changed: int) -> Before:
    return Before(NAMES | changed, AT, "/opt/backups/mongodb/latest")


def test_pending_is_not_open(person: Person) -> None:
    family = new_family(person)
    long_ago = clock.now() - timedelta(days=30)
    new_invitation(family["_id"], person, "late@example.com", now=long_ago)
    new_invitation(family["_id"], person, "soon@example.com", now=clock.now())

    found = counts.look(whereabouts.from_settings())

    assert found.result == Result.OK
    assert found.evidence[0].startswith("1 families, 1 users, 0 family_relationships, 2 family_invitations; ")
    assert "; 2 invitations pending: 1 open, 1 overdue; no backup to compare with" in found.evidence[0]


def test_the_last_backup_stands_beside() -> None:
    found = counts.judged(now(families=120), before())

    assert found.result == Result.OK
    assert found.evidence[0].startswith("120 families (before 100), 100 users (before 100), ")
    assert "(before: backup of 2026-11-26 03:00 UTC)" in found.evidence[0]


@pytest.mark.parametrize(
    ("held", "there", "result"),
    [
        (100, 79, Result.DEGRADED),
        (100, 80, Result.OK),
        (1000, 799, Result.DEGRADED),
        (1000, 801, Result.OK),
        (21, 0, Result.DEGRADED),
        (20, 0, Result.OK),
    ],
)
def test_what_is_missing_in_number_and_share_is_told(held: int, there: int, result: Result) -> None:
    found = counts.judged(now(users=there), before(users=held))

    assert found.result == result
    if result == Result.DEGRADED:
        assert found.evidence[0] == f"users fell from {held:,} to {there:,}"
        assert found.remedy == ".venv/bin/python manage.py restore --from /opt/backups/mongodb/latest"


def test_invitations_may_go_and_what_the_backup_did_not_have_is_not_missed() -> None:
    held = before(family_invitations=1000)
    fresh = Before({"users": 100}, AT, held.where)

    assert counts.judged(now(family_invitations=0), held).result == Result.OK
    assert counts.judged(now(), fresh).result == Result.OK
