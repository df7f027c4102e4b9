"""The last admin who can work stays, or the first backup admin who can takes over.

By every path on which an admin goes. Source: HTTP contract, sections 6 (last admin) and 18 (rule 8).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from families.actions import admins, backups, departing
from families.errors import AdminActionError, BackupAdminError, MultipleAdminsRequiredError
from ops import clock
from ops.actors import ActorKind
from ops.mongo.collections import Document
from ops.web import replays
from tests.api import Answer
from tests.database import audit, documents
from tests.factories import Person
from tests.families.household import (
    MANAGER,
    VIEWER,
    addresses,
    admin_of,
    back_up,
    disable,
    ids,
    joined,
    leave,
    mailed,
    manage,
    new_entries,
    remove,
    rights,
    roles,
    standing_by,
    told,
)

Going = Callable[[Person, Document], Answer]


def demote_oneself(person: Person, family: Document) -> Answer:
    return manage(person, family, person.id, "demote")


def remove_oneself(person: Person, family: Document) -> Answer:
    return remove(person, family, person.id)


WAYS = pytest.mark.parametrize("go", [demote_oneself, remove_oneself, leave])
# What each leaves as its one entry, and what tells of it.
SAYS: dict[Going, str] = {
    demote_oneself: "admin.demoted",
    remove_oneself: "member.removed",
    leave: "member.left",
}
STAYS: set[Going] = {demote_oneself}


def assert_kept(answer: Answer, *, backup_available: bool = False) -> None:
    assert answer.problem == (400, "MULTIPLE_ADMINS_REQUIRED")
    assert answer.json["details"] == {
        "minimum_admins_required": 1,
        "backup_admin_available": backup_available,
    }


@WAYS
def test_the_only_member_stays(person: Person, larks: Document, go: Going) -> None:
    before = documents()

    assert_kept(go(person, larks))
    assert documents() == before


@WAYS
def test_the_last_admin_of_others_stays(person: Person, larks: Document, go: Going) -> None:
    joined(larks)
    before = documents()

    assert_kept(go(person, larks))
    assert documents() == before


@WAYS
def test_an_admin_who_cannot_sign_in_is_no_help(person: Person, larks: Document, go: Going) -> None:
    disable(admin_of(larks, person))
    joined(larks)
    before = documents()

    assert_kept(go(person, larks))
    assert documents() == before


@WAYS
def test_a_backup_admin_who_cannot_sign_in_is_none_either(person: Person, larks: Document, go: Going) -> None:
    disable(standing_by(larks, person))
    before = documents()

    assert_kept(go(person, larks), backup_available=True)
    assert documents() == before


@WAYS
def test_the_backup_admin_takes_over(person: Person, larks: Document, go: Going) -> None:
    member, backup = joined(larks), standing_by(larks, person)
    before = audit()

    answer = go(person, larks)

    assert answer.status == 200
    if go != remove_oneself:
        assert answer.json["promoted_user_id"] == backup.id
    stays = {person.id: "member"} if go in STAYS else {}
    assert roles(larks) == {member.id: "member", backup.id: "admin", **stays}
    may = {person.id: VIEWER} if go in STAYS else {}
    assert rights(larks) == {member.id: VIEWER, backup.id: MANAGER, **may}
    # The admins before and after, whichever way this one goes.
    assert told("admin_promoted") == ids(person, backup)
    assert told("admin_demoted") == (ids(person, backup) if go in STAYS else [])
    assert mailed("admin_promoted") == addresses(backup)
    (entry,) = new_entries(before)
    assert (entry["action"], entry["actor"], entry["target"]) == (SAYS[go], person.id, person.id)
    assert backup.id in str(entry["after"])


@WAYS
def test_the_first_who_can_takes_over_in_the_order_of_designation(
    person: Person, larks: Document, go: Going
) -> None:
    late, early = joined(larks, "late"), joined(larks, "early")
    first, second = standing_by(larks, person, "first"), standing_by(larks, person, "second")
    disable(first)
    for each in (early, late):
        leave(each, larks)

    assert go(person, larks).status == 200

    standing = roles(larks)
    assert (standing[first.id], standing[second.id]) == ("backup_admin", "admin")


@WAYS
def test_nobody_takes_over_while_another_admin_can_work(person: Person, larks: Document, go: Going) -> None:
    other, backup = admin_of(larks, person), standing_by(larks, person)
    before = told("admin_promoted")

    answer = go(person, larks)

    assert answer.status == 200
    assert answer.json.get("promoted_user_id") is None
    stays = {person.id: "member"} if go in STAYS else {}
    assert roles(larks) == {other.id: "admin", backup.id: "backup_admin", **stays}
    assert told("admin_promoted") == before


@WAYS
def test_the_backup_admin_takes_over_where_the_other_admins_cannot_work(
    person: Person, larks: Document, go: Going
) -> None:
    other, backup = admin_of(larks, person), standing_by(larks, person)
    disable(other)

    assert go(person, larks).status == 200

    standing = roles(larks)
    assert (standing[other.id], standing[backup.id]) == ("admin", "admin")


@pytest.mark.parametrize("go", [demote_oneself, leave])
def test_the_same_key_again_answers_who_is_no_admin_any_more(
    person: Person, larks: Document, go: Callable[..., Answer]
) -> None:
    backup, key = standing_by(larks, person), {replays.HEADER: "i-go-away"}

    def call() -> Answer:
        if go == leave:
            return leave(person, larks, **key)
        return manage(person, larks, person.id, "demote", **key)

    first = call()
    before = documents()
    second = call()

    assert (second.status, second.json) == (200, first.json)
    assert second.json["promoted_user_id"] == backup.id
    assert second.headers[replays.REPLAYED] == "true"
    assert documents() == before


def test_staff_who_are_members_do_not_make_themselves_admin(person: Person, larks: Document) -> None:
    staff, other = joined(larks), joined(larks)
    by: dict[str, Any] = {
        "actor": replace(staff.actor, kind=ActorKind.STAFF),
        "now": clock.now(),
        "reason": "It is my family",
    }
    before = documents()

    with pytest.raises(AdminActionError) as promoted:
        admins.promote_by_staff(larks["_id"], staff.id, **by)
    with pytest.raises(BackupAdminError) as designated:
        backups.designate_by_staff(larks["_id"], staff.id, **by)
    assert [each.value.details for each in (promoted, designated)] == [{"reason": "self"}] * 2
    assert documents() == before

    # Nor do they take over from whom they remove, though an admin has designated them.
    back_up(person, larks, staff.id, "designate")
    for go in (admins.demote_by_staff, departing.remove_by_staff):
        with pytest.raises(MultipleAdminsRequiredError):
            go(larks["_id"], person.id, **by)
    back_up(person, larks, other.id, "designate")
    assert admins.demote_by_staff(larks["_id"], person.id, **by).heir == other.id
    assert roles(larks) == {person.id: "member", staff.id: "backup_admin", other.id: "admin"}


def test_an_admin_who_cannot_work_may_be_demoted_or_removed(person: Person, larks: Document) -> None:
    one, other = admin_of(larks, person), admin_of(larks, person)
    disable(one)
    disable(other)

    assert manage(person, larks, one.id, "demote").status == 200
    assert remove(person, larks, other.id).status == 200
    assert roles(larks) == {person.id: "admin", one.id: "member"}


def test_a_member_may_leave_a_family_whose_admins_cannot_work(person: Person, larks: Document) -> None:
    member, other = joined(larks), joined(larks)
    disable(person)

    answer = leave(member, larks)

    assert (answer.status, answer.json["promoted_user_id"]) == (200, None)
    assert told("member_left") == ids(person, other)
