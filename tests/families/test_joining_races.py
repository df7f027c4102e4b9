"""Joining a family: room, limits, and who is quicker. Source: HTTP contract, section 18 (rules 7 and 9)."""

from datetime import timedelta
from functools import partial

import pytest

from families.actions import members
from families.errors import FamilyLimitExceededError, FamilyNotFoundError, MemberLimitExceededError
from ops import clock
from ops.actors import Actor
from ops.errors import DomainError
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from tests.database import audit, documents
from tests.factories import Person, new_family, new_person
from tests.races import at_once

TESTS = Actor.system("tests")


@pytest.fixture
def family(person: Person) -> Document:
    return new_family(person)


def join(family: Document, user_id: str) -> str:
    """Join, and return how it ended."""
    try:
        members.join(family["_id"], user_id, actor=TESTS, now=clock.now())
    except DomainError as error:
        return error.code
    return "joined"


def member_ids(family: Document) -> list[str]:
    (found,) = [each for each in documents("families")["families"] if each["_id"] == family["_id"]]
    return [member["user_id"] for member in found["members"]]


def holder_ids(family: Document) -> list[str]:
    accounts = {each["_id"]: each for each in documents("sbd_accounts")["sbd_accounts"]}
    return [holder["user_id"] for holder in accounts[family["account_id"]]["holders"]]


def test_who_joins_becomes_a_member_and_a_viewer_of_the_account(
    person: Person, stranger: Person, family: Document
) -> None:
    assert join(family, stranger.id) == "joined"

    assert member_ids(family) == holder_ids(family) == [person.id, stranger.id]
    accounts = {each["_id"]: each for each in documents("sbd_accounts")["sbd_accounts"]}
    holder = accounts[family["account_id"]]["holders"][1]
    assert (holder["role"], holder["can_spend"], holder["spending_limit"]) == ("viewer", False, 0)
    people = {each["_id"]: each for each in documents("family_people")["family_people"]}
    assert (people[stranger.id]["founded"], people[stranger.id]["member_of"]) == ([], [family["_id"]])
    (entry,) = audit("member.joined")
    assert (entry["target"], entry["family_id"]) == (stranger.id, family["_id"])


def test_joining_twice_changes_nothing(stranger: Person, family: Document) -> None:
    join(family, stranger.id)
    before = documents()

    assert join(family, stranger.id) == "joined"
    assert documents() == before


def test_a_full_family_takes_nobody(stranger: Person, family: Document) -> None:
    for _ in range(4):
        assert join(family, new_id("user")) == "joined"
    before = documents()

    with pytest.raises(MemberLimitExceededError) as refusal:
        members.join(family["_id"], stranger.id, actor=TESTS, now=clock.now())

    assert refusal.value.details == {
        "limit": 5,
        "members": 5,
        "pending_invitations": 0,
        "upgrade_required": True,
    }
    assert documents() == before


def test_a_pending_invitation_takes_a_place_until_the_second_of_its_end(
    stranger: Person, family: Document
) -> None:
    for _ in range(3):
        join(family, new_id("user"))
    now = clock.now()
    end = now + timedelta(seconds=1)
    open_one = {"invitation_id": "inv_1", "expires_at": end}
    collection("families").update({"_id": family["_id"]}, {"$set": {"open_invitations": [open_one]}})

    with pytest.raises(MemberLimitExceededError) as refusal:
        members.join(family["_id"], stranger.id, actor=TESTS, now=now)
    members.join(family["_id"], stranger.id, actor=TESTS, now=end)

    assert refusal.value.details == {
        "limit": 5,
        "members": 4,
        "pending_invitations": 1,
        "upgrade_required": True,
    }
    assert len(member_ids(family)) == 5


def test_a_family_that_is_dissolved_or_never_was_takes_nobody(stranger: Person, family: Document) -> None:
    collection("families").update({"_id": family["_id"]}, {"$set": {"status": "dissolved"}})
    before = documents()

    for family_id in (family["_id"], new_id("fam")):
        with pytest.raises(FamilyNotFoundError):
            members.join(family_id, stranger.id, actor=TESTS, now=clock.now())
    assert documents() == before


def test_who_belongs_to_ten_joins_no_eleventh(stranger: Person) -> None:
    families = [new_family(new_person()) for _ in range(11)]
    assert [join(each, stranger.id) for each in families[:10]] == ["joined"] * 10
    before = documents()

    with pytest.raises(FamilyLimitExceededError) as refusal:
        members.join(families[10]["_id"], stranger.id, actor=TESTS, now=clock.now())

    assert refusal.value.details == {
        "limit_type": "memberships",
        "limit": 10,
        "current": 10,
        "upgrade_required": True,
    }
    assert documents() == before


@pytest.mark.race
def test_of_eight_who_join_at_once_four_find_room(person: Person, family: Document) -> None:
    user_ids = [new_id("user") for _ in range(8)]

    ends = at_once([partial(join, family, user_id) for user_id in user_ids])

    assert sorted(ends) == ["MEMBER_LIMIT_EXCEEDED"] * 4 + ["joined"] * 4
    joined = {user_id for user_id, end in zip(user_ids, ends, strict=True) if end == "joined"}
    assert set(member_ids(family)) == set(holder_ids(family)) == joined | {person.id}
    assert len(member_ids(family)) == 5
    people = {each["_id"] for each in documents("family_people")["family_people"]}
    assert people == joined | {person.id}
    assert len(audit("member.joined")) == 4


@pytest.mark.race
def test_who_joins_eight_times_at_once_is_a_member_once(
    person: Person, stranger: Person, family: Document
) -> None:
    ends = at_once([partial(join, family, stranger.id)] * 8)

    assert ends == ["joined"] * 8
    assert member_ids(family) == holder_ids(family) == [person.id, stranger.id]
    (me,) = [each for each in documents("family_people")["family_people"] if each["_id"] == stranger.id]
    assert me["member_of"] == [family["_id"]]
    assert len(audit("member.joined")) == 1


@pytest.mark.race
def test_who_joins_twelve_families_at_once_enters_ten(stranger: Person) -> None:
    founders = [new_person() for _ in range(4)]
    families = [new_family(founder) for founder in founders for _ in range(3)]

    ends = at_once([partial(join, each, stranger.id) for each in families])

    assert sorted(ends) == ["FAMILY_LIMIT_EXCEEDED"] * 2 + ["joined"] * 10
    (me,) = [each for each in documents("family_people")["family_people"] if each["_id"] == stranger.id]
    entered = {each["_id"] for each in families if stranger.id in member_ids(each)}
    assert set(me["member_of"]) == entered
    assert len(me["member_of"]) == 10


@pytest.mark.race
def test_founding_and_joining_at_once_pass_no_limit(person: Person) -> None:
    families = [new_family(founder) for founder in (new_person() for _ in range(3)) for _ in range(3)]
    assert [join(each, person.id) for each in families] == ["joined"] * 9
    other = new_family(new_person())

    def found() -> str:
        try:
            new_family(person)
        except DomainError as error:
            return error.code
        return "joined"

    ends: list[str] = at_once([found, lambda: join(other, person.id), found, found])

    assert sorted(ends) == ["FAMILY_LIMIT_EXCEEDED"] * 3 + ["joined"]
    (me,) = [each for each in documents("family_people")["family_people"] if each["_id"] == person.id]
    assert len(me["member_of"]) == 10
