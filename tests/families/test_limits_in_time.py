"""From when on a limit holds: by time alone, for all it is of. Source: HTTP contract, section 7."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from families import queries
from families.actions import founding, inviting, joining, limiting, members
from families.actions.limiting import Wanted
from families.rules import RelationshipType, dates
from families.rules.limits import LimitType
from ops import clock
from ops.actors import Actor
from ops.errors import DomainError
from ops.ids import new_id
from ops.mongo.collections import Document
from tests.api import Api
from tests.database import documents
from tests.factories import Person, new_family, new_invitation, new_person

STAFF = Actor.system("tests")
DAYS = 3
# The last moment of the grace, as MongoDB keeps time.
TICK = timedelta(milliseconds=1)
Call = Callable[[datetime], object]


def limit(person: Person, now: datetime | None = None, *, grace: int = DAYS, **numbers: int) -> datetime:
    """Set limits as staff; returns the moment from which on they hold."""
    now = now or clock.now()
    wanted = Wanted({LimitType[name]: number for name, number in numbers.items()}, "for a test", None, grace)
    limiting.set_limits(person.id, wanted, actor=STAFF, now=now)
    return dates.later(now, grace)


def outcome(call: Call, now: datetime) -> str:
    try:
        call(now)
    except DomainError as error:
        return error.code
    return "done"


def found(person: Person) -> Call:
    return lambda now: founding.found("Larks", actor=person.actor, now=now)


def join(family: Document, user_id: str) -> Call:
    return lambda now: members.join(family["_id"], user_id, actor=STAFF, now=now)


def invite(family: Document, person: Person) -> Call:
    address = f"{new_id('user')}@example.com"
    return lambda now: inviting.invite(
        family["_id"], address, RelationshipType.COUSIN, by_username=False, actor=person.actor, now=now
    )


def limit_of(family: Document, now: datetime) -> int:
    """Return for how many people a family has room at a moment."""
    stored = queries.active_family(family["_id"])
    assert stored is not None
    return queries.member_limit(stored, now)


def numbers(person: Person) -> dict[str, Any]:
    read = Api(person).get("/family/limits").json
    return {name: read[name] for name in read if name.startswith("max_")}


def test_a_lower_limit_lets_people_found_until_the_last_moment_of_the_grace(person: Person) -> None:
    new_family(person)
    ends = limit(person, FAMILIES=2)

    assert outcome(found(person), ends - TICK) == "done"
    assert outcome(found(person), ends - TICK) == "done"
    before = documents()
    assert outcome(found(person), ends) == "FAMILY_LIMIT_EXCEEDED"
    assert documents() == before


def test_a_higher_limit_holds_from_the_first_moment_after_the_grace(person: Person) -> None:
    for _ in range(3):
        new_family(person)
    ends = limit(person, FAMILIES=4)

    assert outcome(found(person), ends - TICK) == "FAMILY_LIMIT_EXCEEDED"
    assert outcome(found(person), ends) == "done"


def test_memberships_go_by_the_moment_of_joining(larks: Document, guest: Person) -> None:
    ends = limit(guest, MEMBERSHIPS=1)
    second, third = (new_family(new_person()) for _ in range(2))

    assert outcome(join(larks, guest.id), ends - TICK) == "done"
    assert outcome(join(second, guest.id), ends - TICK) == "done"
    assert outcome(join(third, guest.id), ends) == "FAMILY_LIMIT_EXCEEDED"


@pytest.mark.parametrize("founded_first", [True, False])
def test_a_family_goes_by_its_founders_grace(person: Person, *, founded_first: bool) -> None:
    early = new_family(person) if founded_first else None
    ends = limit(person, MEMBERS=2)
    family = early or new_family(person)

    assert outcome(join(family, new_id("user")), ends - TICK) == "done"
    assert outcome(invite(family, person), ends - TICK) == "done"
    for call in (join(family, new_id("user")), invite(family, person)):
        before = documents()
        assert outcome(call, ends) == "MEMBER_LIMIT_EXCEEDED"
        assert documents() == before


def test_an_invitation_sent_in_the_grace_is_not_accepted_after_it(
    person: Person, guest: Person, larks: Document
) -> None:
    ends = limit(person, MEMBERS=2)
    invitation = new_invitation(larks["_id"], person, guest.username)
    new_invitation(larks["_id"], person, "wren@example.com")
    before = documents()

    def accept(now: datetime) -> object:
        return joining.accept(invitation["_id"], actor=guest.actor, now=now)

    assert outcome(accept, ends) == "MEMBER_LIMIT_EXCEEDED"
    assert documents() == before
    assert outcome(accept, ends - TICK) == "done"


@pytest.mark.parametrize(("first", "second"), [(1, 9), (9, 1)])
def test_a_newer_wish_replaces_the_one_that_is_still_to_come(
    person: Person, larks: Document, first: int, second: int
) -> None:
    now = clock.now()
    replaced = limit(person, now, MEMBERS=first)
    ends = limit(person, now + timedelta(days=1), MEMBERS=second)

    for moment in (replaced, ends - TICK):
        assert limit_of(larks, moment) == 5
    assert limit_of(larks, ends) == second


def test_a_wish_after_the_grace_begins_with_what_came_of_it(person: Person, larks: Document) -> None:
    now = clock.now()
    over = limit(person, now, MEMBERS=8, FAMILIES=1)
    ends = limit(person, over, MEMBERS=3)

    assert limit_of(larks, ends - TICK) == 8
    assert limit_of(larks, ends) == 3
    assert outcome(found(person), over) == "FAMILY_LIMIT_EXCEEDED"
    later = limit(person, ends, grace=0, MEMBERS=4)
    assert limit_of(larks, later) == 4
    (stored,) = documents("families")["families"]
    assert stored["limits"] == {"max_members": 4}
    (me,) = documents("family_people")["family_people"]
    assert me["grace"].keys() == {"max_families_founded"}


@pytest.mark.parametrize(("ago", "holds"), [(DAYS - 1, 3), (DAYS + 1, 7)])
def test_reads_go_by_time_as_well(person: Person, larks: Document, ago: int, holds: int) -> None:
    limit(person, clock.now() - timedelta(days=ago), FAMILIES=holds, MEMBERS=holds, MEMBERSHIPS=holds)
    is_over = ago > DAYS

    assert numbers(person) == {
        "max_families_allowed": holds if is_over else 3,
        "max_memberships_allowed": holds if is_over else 10,
        "max_members_per_family": holds if is_over else 5,
    }
    family = Api(person).get(f"/family/{larks['_id']}").json
    assert family["usage_stats"]["max_members_allowed"] == (holds if is_over else 5)


@pytest.mark.parametrize(("in_days", "is_over"), [(-DAYS, True), (1 - DAYS, False), (1, False)])
def test_the_grace_begins_with_the_first_moment_of_the_day_that_was_named(
    person: Person, in_days: int, *, is_over: bool
) -> None:
    now = clock.now()
    day = now.date() + timedelta(days=in_days)

    limited = limiting.set_limits(
        person.id, Wanted({LimitType.FAMILIES: 1}, "for a test", day, DAYS), actor=STAFF, now=now
    )

    ends = dates.beginning(day + timedelta(days=DAYS))
    assert limited.effective_at == dates.beginning(day)
    assert limited.ends_at == (None if is_over else ends)
    assert numbers(person)["max_families_allowed"] == (1 if is_over else 3)
    told = [each["grace_period_expires"] for each in Api(person).get("/family/limits").json["limit_status"]]
    assert told == [None if is_over else ends.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), None, None]


def test_a_tag_from_before_the_end_of_the_grace_is_another_after_it(
    person: Person, larks: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ("/family/limits", f"/family/{larks['_id']}")
    ends = limit(person, MEMBERS=3)
    tags = {path: Api(person).get(path).headers["ETag"] for path in paths}
    assert {path: Api(person).get(path, if_none_match=tags[path]).status for path in paths} == dict.fromkeys(
        paths, 304
    )

    monkeypatch.setattr(clock, "now", lambda: ends)

    answers = {path: Api(person).get(path, if_none_match=tags[path]) for path in paths}
    assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(paths, 200)
    assert answers["/family/limits"].json["max_members_per_family"] == 3
    assert answers[paths[1]].json["usage_stats"]["max_members_allowed"] == 3
    # What was not written is no other version for a change.
    assert {path: answer.headers["ETag"].partition(".")[0] for path, answer in answers.items()} == {
        path: tag.partition(".")[0] for path, tag in tags.items()
    }
