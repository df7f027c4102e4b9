"""GET /family/usage-tracking. Source: HTTP contract, sections 7 and 18 (rules 11 and 21)."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from families.actions import departing, dissolving, founding, joining, members
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.factories import Person, new_invitation, new_person

PATH = "/family/usage-tracking"
STAFF = Actor.system("tests")


def on(days_ago: int, hour: int = 12) -> datetime:
    """Return a moment of a day before today."""
    today = clock.now()
    return datetime.combine(today.date() - timedelta(days=days_ago), time(hour), today.tzinfo)


def day(days_ago: int) -> str:
    return on(days_ago).date().isoformat()


def found(person: Person, days_ago: int) -> Document:
    return founding.found("Larks", actor=person.actor, now=on(days_ago))


def join(family: Document, person: Person, days_ago: int, hour: int = 12) -> None:
    members.join(family["_id"], person.id, actor=STAFF, now=on(days_ago, hour))


def used(person: Person, first: int, last: int, **asked: str) -> dict[str, Any]:
    """Return the answer for the days between, counted back from today."""
    return ask(person, start_date=day(first), end_date=day(last), **asked).json  # type: ignore[no-any-return]  # JSON


def ask(person: Person, **asked: str) -> Answer:
    return Api(person).get(f"{PATH}?" + "&".join(f"{name}={value}" for name, value in asked.items()))


def counts(answer: dict[str, Any]) -> list[tuple[int, int]]:
    return [(row["families_count"], row["total_members"]) for row in answer["usage_data"]]


def events(answer: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Return what happened, by date, without the days on which nothing did."""
    return {
        row["date"]: {each["event"]: each["count"] for each in row["events"]}
        for row in answer["usage_data"]
        if row["events"]
    }


def test_who_has_no_family_used_nothing_for_thirty_days(person: Person) -> None:
    read = Api(person).get(PATH).json

    assert (read["user_id"], read["granularity"]) == (person.id, "daily")
    assert (read["period_start"], read["period_end"]) == (day(29), day(0))
    assert [row["date"] for row in read["usage_data"]] == [day(29 - each) for each in range(30)]
    assert counts(read) == [(0, 0)] * 30
    assert events(read) == {}
    assert read["billing_metrics"] == {
        "peak_families": 0,
        "peak_members_total": 0,
        "average_families": 0.0,
        "average_members_total": 0.0,
        "family_creation_events": 0,
        "member_addition_events": 0,
    }
    assert read["summary"] == {
        "data_points": 30,
        "families_at_start": 0,
        "families_at_end": 0,
        "members_at_start": 0,
        "members_at_end": 0,
        "usage_trend": "flat",
    }
    assert read["current_limits"] == {
        "max_families_allowed": 3,
        "max_memberships_allowed": 10,
        "max_members_per_family": 5,
    }
    assert read["recommendations"] == []


def test_each_day_is_as_it_was_at_its_end(person: Person, stranger: Person) -> None:
    guest = new_person()
    family = found(person, 6)
    join(family, stranger, 5)
    join(family, guest, 5)
    found(person, 4)
    departing.leave(family["_id"], actor=guest.actor, now=on(2))
    departing.remove(family["_id"], stranger.id, actor=person.actor, now=on(1))

    read = used(person, 7, 0)

    assert counts(read) == [(0, 0), (1, 1), (1, 3), (2, 4), (2, 4), (2, 3), (2, 2), (2, 2)]
    assert events(read) == {
        day(6): {"family.created": 1},
        day(5): {"member.joined": 2},
        day(4): {"family.created": 1},
        day(2): {"member.left": 1},
        day(1): {"member.removed": 1},
    }
    assert read["billing_metrics"] == {
        "peak_families": 2,
        "peak_members_total": 4,
        "average_families": 1.5,
        "average_members_total": 2.38,
        "family_creation_events": 2,
        "member_addition_events": 2,
    }
    assert read["summary"]["usage_trend"] == "up"


def test_a_period_that_ends_before_today_is_counted_back_past_what_came_after(
    person: Person, stranger: Person
) -> None:
    family = found(person, 9)
    join(family, stranger, 8)
    departing.leave(family["_id"], actor=stranger.actor, now=on(3))
    join(family, new_person(), 2)
    found(person, 1)

    read = used(person, 9, 5)

    assert counts(read) == [(1, 1), (1, 2), (1, 2), (1, 2), (1, 2)]
    assert events(read) == {day(9): {"family.created": 1}, day(8): {"member.joined": 1}}


def test_accepting_an_invitation_counts_for_both_sides(person: Person, stranger: Person) -> None:
    family = found(person, 5)
    invitation = new_invitation(family["_id"], person, stranger.username, now=on(4))
    joining.accept(invitation["_id"], actor=stranger.actor, now=on(3))

    assert counts(used(person, 5, 2)) == [(1, 1), (1, 1), (1, 2), (1, 2)]
    theirs = used(stranger, 5, 2)
    assert counts(theirs) == [(0, 0), (0, 0), (1, 2), (1, 2)]
    assert events(theirs) == {day(3): {"invitation.accepted": 1}}


def test_what_happens_without_them_is_not_told_to_who_came_later_or_has_left(
    person: Person, stranger: Person
) -> None:
    family = found(person, 9)
    join(family, new_person(), 7, hour=9)
    join(family, stranger, 7, hour=12)
    join(family, new_person(), 7, hour=15)
    departing.leave(family["_id"], actor=stranger.actor, now=on(4, 12))
    join(family, new_person(), 4, hour=15)
    join(family, stranger, 2, hour=12)

    theirs = used(stranger, 9, 0)

    assert counts(theirs) == [(0, 0), (0, 0), (1, 4), (1, 4), (1, 4), (0, 0), (0, 0), (1, 5), (1, 5), (1, 5)]
    assert events(theirs) == {
        day(7): {"member.joined": 2},
        day(4): {"member.left": 1},
        day(2): {"member.joined": 1},
    }


def test_who_left_before_the_period_learns_nothing_of_the_family(person: Person, stranger: Person) -> None:
    family = found(person, 9)
    join(family, stranger, 8)
    departing.leave(family["_id"], actor=stranger.actor, now=on(7))
    join(family, new_person(), 2)

    theirs = used(stranger, 5, 0)

    assert counts(theirs) == [(0, 0)] * 6
    assert events(theirs) == {}


def test_a_family_counts_until_the_day_of_its_end(person: Person, stranger: Person) -> None:
    guest = new_person()
    family = found(person, 6)
    join(family, stranger, 5)
    join(family, guest, 5)
    departing.leave(family["_id"], actor=guest.actor, now=on(4))
    dissolving.dissolve(family["_id"], actor=person.actor, now=on(2))

    assert counts(used(person, 6, 1)) == [(1, 1), (1, 3), (1, 2), (1, 2), (0, 0), (0, 0)]
    assert counts(used(stranger, 6, 1)) == [(0, 0), (1, 3), (1, 2), (1, 2), (0, 0), (0, 0)]
    assert events(used(stranger, 6, 1))[day(2)] == {"family.dissolved": 1}
    assert counts(used(guest, 6, 1)) == [(0, 0), (1, 3), (0, 0), (0, 0), (0, 0), (0, 0)]
    assert events(used(guest, 6, 1)).keys() == {day(5), day(4)}


def test_weeks_begin_on_monday_and_months_on_their_first(person: Person) -> None:
    found(person, 40)

    weekly, monthly = (used(person, 59, 0, granularity=each) for each in ("weekly", "monthly"))

    days = [on(59 - each).date() for each in range(60)]
    mondays = list(dict.fromkeys(each - timedelta(days=each.weekday()) for each in days))
    firsts = list(dict.fromkeys(each.replace(day=1) for each in days))
    assert [date.fromisoformat(row["date"]) for row in weekly["usage_data"]] == mondays
    assert [date.fromisoformat(row["date"]) for row in monthly["usage_data"]] == firsts
    born = on(40).date()
    assert events(weekly) == {(born - timedelta(days=born.weekday())).isoformat(): {"family.created": 1}}
    assert events(monthly) == {born.replace(day=1).isoformat(): {"family.created": 1}}
    assert weekly["billing_metrics"] == monthly["billing_metrics"] == used(person, 59, 0)["billing_metrics"]
    assert monthly["summary"]["usage_trend"] == "insufficient_data"


def test_who_grows_towards_a_limit_is_told_in_time(person: Person) -> None:
    family = found(person, 9)
    for _ in range(3):
        join(family, new_person(), 3)

    read = used(person, 9, 0)

    assert read["summary"]["usage_trend"] == "up"
    assert [(each["action"], each["limit_type"]) for each in read["recommendations"]] == [
        ("plan_ahead", "members_per_family")
    ]


def test_money_and_all_else_that_concerns_the_family_is_not_counted(person: Person) -> None:
    family = found(person, 3)
    for _ in range(30):
        new_entry = {"family_id": family["_id"], "action": "family.updated", "at": on(1), "before": {}}
        collection("audit_log").insert(new_entry)

    assert events(used(person, 3, 0)) == {day(3): {"family.created": 1}}


# What is asked ------------------------------------------------------------------------------------


def test_without_a_last_day_it_is_today_and_a_day_to_come_is_today_as_well(person: Person) -> None:
    tomorrow = day(-1)
    for answer in (ask(person, start_date=day(2)), ask(person, start_date=day(2), end_date=tomorrow)):
        assert (answer.json["period_start"], answer.json["period_end"]) == (day(2), day(0))
        assert len(answer.json["usage_data"]) == 3


def test_without_a_first_day_it_is_thirty_days(person: Person) -> None:
    read = ask(person, end_date=day(100)).json

    assert (read["period_start"], read["period_end"]) == (day(129), day(100))
    assert len(read["usage_data"]) == 30


def test_a_year_is_possible_and_no_more(person: Person) -> None:
    assert len(used(person, 365, 0)["usage_data"]) == 366

    answer = ask(person, start_date=day(366), end_date=day(0))

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == {("query.start_date", "not_allowed")}


@pytest.mark.parametrize("asked", [{"start_date": day(1), "end_date": day(2)}, {"start_date": day(-2)}])
def test_a_period_does_not_end_before_it_begins(person: Person, asked: dict[str, str]) -> None:
    answer = ask(person, **asked)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == {("query.start_date", "not_allowed")}


def test_each_faulty_date_is_told(person: Person) -> None:
    answer = ask(person, start_date="yesterday", end_date="2026-02-30", granularity="hourly")

    assert answer.problem == (400, "INVALID_DATE_FORMAT")
    assert answer.faults == {
        ("query.start_date", "invalid_format"),
        ("query.end_date", "invalid_format"),
    }


@pytest.mark.parametrize("granularity", ["hourly", "", "Daily"])
def test_a_granularity_is_one_of_three(person: Person, granularity: str) -> None:
    answer = ask(person, granularity=granularity)

    assert answer.problem == (400, "INVALID_GRANULARITY")
    assert answer.faults == {("query.granularity", "invalid_choice")}
    assert "daily, weekly, monthly" in answer.json["message"]


def test_the_first_days_of_the_calendar_are_days(person: Person) -> None:
    answer = ask(person, end_date="0001-01-03")

    assert (answer.status, len(answer.json["usage_data"])) == (200, 3)
