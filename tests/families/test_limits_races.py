"""Founding, joining and inviting while staff change a limit. Source: HTTP contract, section 18 (rule 7).

Each of them writes the document that the other needs, so they come one after the other; what the change of a
limit found there at its commit tells what may have come after it.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from families.actions import founding, inviting, limiting, members
from families.actions.limiting import Wanted
from families.rules import RelationshipType
from families.rules.limits import LimitType
from ops import clock
from ops.actors import Actor
from ops.errors import ConflictError, DomainError
from ops.ids import new_id
from ops.mongo.collections import Document
from tests.database import audit, documents
from tests.factories import Person, new_family, new_person
from tests.races import at_once

STAFF = Actor.system("tests")
Call = Callable[[], object]


def end(call: Call) -> str:
    """Return ``done`` or the code of the refusal; who is told to repeat does so, as clients do."""
    try:
        call()
    except ConflictError:
        return end(call)
    except DomainError as error:
        return error.code
    return "done"


def ends(*calls: Call) -> list[str]:
    return at_once([partial(end, call) for call in calls])


def found(person: Person) -> Call:
    return lambda: founding.found("Larks", actor=person.actor, now=clock.now())


def join(family: Document, user_id: str) -> Call:
    return lambda: members.join(family["_id"], user_id, actor=STAFF, now=clock.now())


def invite(family: Document, person: Person) -> Call:
    address = f"{new_id('user')}@example.com"
    return lambda: inviting.invite(
        family["_id"],
        address,
        RelationshipType.COUSIN,
        by_username=False,
        actor=person.actor,
        now=clock.now(),
    )


class Limiting:
    """Staff set limits; ``found``: what was there by then."""

    def __init__(self, person: Person, grace: int = 0, **numbers: int) -> None:
        """Say whose and which."""
        kinds = {LimitType[name]: number for name, number in numbers.items()}
        self.person, self.wanted = person, Wanted(kinds, "for a test", None, grace)
        self.found: Document = {}

    def __call__(self) -> None:
        """Set them."""
        limited = limiting.set_limits(self.person.id, self.wanted, actor=STAFF, now=clock.now())
        self.found = limited.standing


def possible(before: int, old: int, new: int, calls: int) -> set[int]:
    """Return how many there can be in the end.

    Args:
        before: how many the change found.
        old, new: the limits.
        calls: how many there would be if every call were let through.
    """
    assert before <= max(old, new)
    if new <= old:  # whoever was refused before was so since there were more than are possible now
        return {max(before, min(new, calls))}
    return set(range(before, min(new, calls) + 1))


def me(person: Person) -> dict[str, list[str]]:
    (found_,) = [each for each in documents("family_people")["family_people"] if each["_id"] == person.id]
    return {name: found_[name] for name in ("founded", "member_of")}


def taken(family: Document) -> int:
    (stored,) = [each for each in documents("families")["families"] if each["_id"] == family["_id"]]
    return len(stored["members"]) + len(stored["open_invitations"])


@pytest.mark.race
@pytest.mark.parametrize("number", [1, 2, 6])
def test_founding_against_a_change_of_how_many(person: Person, number: int) -> None:
    change = Limiting(person, FAMILIES=number)

    ended = ends(*[found(person)] * 7, change)

    founded = ended[:7].count("done")
    assert founded in possible(len(change.found["person"]["founded"]), 3, number, 7)
    assert Counter(ended) == {"done": founded + 1, "FAMILY_LIMIT_EXCEEDED": 7 - founded}
    assert len(me(person)["founded"]) == len(documents("families")["families"]) == founded
    assert len(audit("family.created")) == founded
    more = max(0, number - founded)
    assert [end(found(person)) for _ in range(more + 1)] == ["done"] * more + ["FAMILY_LIMIT_EXCEEDED"]


@pytest.mark.race
@pytest.mark.parametrize("number", [2, 8, 12])
def test_joining_against_a_change_of_how_many_memberships(number: int) -> None:
    guest = new_person()
    families = [new_family(new_person()) for _ in range(13)]
    for family in families[:7]:
        members.join(family["_id"], guest.id, actor=STAFF, now=clock.now())
    change = Limiting(guest, MEMBERSHIPS=number)

    ended = ends(*(join(family, guest.id) for family in families[7:]), change)

    joined = 7 + ended[:6].count("done")
    assert joined in possible(len(change.found["person"]["member_of"]), 10, number, 13)
    assert set(ended[:6]) <= {"done", "FAMILY_LIMIT_EXCEEDED"}
    assert ended[6] == "done"
    assert len(me(guest)["member_of"]) == joined


@pytest.mark.race
@pytest.mark.parametrize("number", [2, 4, 8])
def test_inviting_and_joining_against_a_change_of_how_many_members(
    person: Person, larks: Document, number: int
) -> None:
    change = Limiting(person, MEMBERS=number)
    comers = [call for _ in range(5) for call in (invite(larks, person), join(larks, new_id("user")))]

    ended = ends(*comers, change)

    (then,) = change.found["families"]
    places = 1 + ended[:10].count("done")
    assert places in possible(then["member_count"] + then["pending"], 5, number, 11)
    assert set(ended[:10]) <= {"done", "MEMBER_LIMIT_EXCEEDED"}
    assert ended[10] == "done"
    assert taken(larks) == places
    more = max(0, number - places)
    joined = [end(join(larks, new_id("user"))) for _ in range(more + 1)]
    assert joined == ["done"] * more + ["MEMBER_LIMIT_EXCEEDED"]
    assert end(invite(larks, person)) == "MEMBER_LIMIT_EXCEEDED"


@pytest.mark.race
def test_a_family_that_is_founded_meanwhile_has_the_new_limit(person: Person) -> None:
    ended = ends(*[found(person)] * 3, Limiting(person, MEMBERS=2))

    assert ended == ["done"] * 4
    limits = [each["limits"] for each in documents("families")["families"]]
    assert limits == [{"max_members": 2}] * 3


@pytest.mark.race
def test_of_changes_at_once_one_is_the_last_for_the_person_and_all_their_families(person: Person) -> None:
    families = [new_family(person) for _ in range(3)]

    ended = ends(*(Limiting(person, grace, MEMBERS=7 + grace) for grace in (0, 1, 0, 2)))

    assert ended == ["done"] * 4
    (stored,) = documents("family_people")["family_people"]
    assert stored["limits_version"] == 4
    assert len(audit("limits.changed")) == 4
    theirs = stored["limits"] | ({"grace": stored["grace"]} if stored["grace"] else {})
    found_ = documents("families")["families"]
    assert [each["limits"] for each in found_] == [theirs] * len(families)
    assert {each["version"] for each in found_} == {5}


@pytest.mark.race
def test_the_last_place_of_the_grace_is_taken_once(person: Person, larks: Document) -> None:
    now = clock.now()
    wanted = Wanted({LimitType.MEMBERS: 3}, "for a test", None, 1)
    limiting.set_limits(person.id, wanted, actor=STAFF, now=now)
    after = now + timedelta(days=1)

    def late(user_id: str) -> Call:
        return lambda: members.join(larks["_id"], user_id, actor=STAFF, now=after)

    ended = ends(*(late(new_id("user")) for _ in range(6)))

    assert sorted(ended) == ["MEMBER_LIMIT_EXCEEDED"] * 4 + ["done"] * 2
    assert taken(larks) == 3
