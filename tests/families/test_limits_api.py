"""GET /family/limits and /family/limits/enforcement. Source: HTTP contract, sections 1.3 (ETag) and 7."""

from datetime import timedelta
from typing import Any

import pytest

from families.actions import limiting
from families.actions.limiting import Wanted
from families.rules.limits import LimitType
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from tests.api import Api
from tests.database import documents
from tests.factories import Person, new_family, new_invitation, new_member, new_person, new_staff

PATH, ENFORCEMENT = "/family/limits", "/family/limits/enforcement"
STAFF = Actor.system("tests")
NOTHING_TO_COME = {"grace_period_expires": None}


def limit(person: Person, *, grace: int = 0, **numbers: int) -> None:
    wanted = Wanted({LimitType[name]: number for name, number in numbers.items()}, "for a test", None, grace)
    limiting.set_limits(person.id, wanted, actor=STAFF, now=clock.now())


def status(kind: str, current: int, allowed: int, percentage: float) -> dict[str, Any]:
    return {
        "limit_type": kind,
        "current_usage": current,
        "max_allowed": allowed,
        "percentage_used": percentage,
        "is_at_limit": current >= allowed,
        "is_over_limit": current > allowed,
        "upgrade_required": current >= allowed,
        **NOTHING_TO_COME,
    }


def places(*, members: int, pending: int, limit: int, left: int) -> dict[str, Any]:
    return {
        "member_count": members,
        "pending_invitations": pending,
        "max_members_allowed": limit,
        "can_add_members": left > 0,
        "members_remaining": left,
    }


def test_who_has_no_family_has_the_defaults_and_uses_nothing(person: Person) -> None:
    answer = Api(person).get(PATH)

    assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-cache")
    assert answer.json == {
        "max_families_allowed": 3,
        "max_memberships_allowed": 10,
        "max_members_per_family": 5,
        "current_families": 0,
        "current_memberships": 0,
        "can_create_family": True,
        "upgrade_required": False,
        "families_usage": [],
        "limit_status": [
            status("families", 0, 3, 0.0),
            status("memberships", 0, 10, 0.0),
            status("members_per_family", 0, 5, 0.0),
        ],
    }


def test_each_family_says_how_full_it_is(person: Person, stranger: Person, larks: Document) -> None:
    new_member(larks["_id"], person)
    new_invitation(larks["_id"], person, "wren@example.com")
    old = clock.now() - timedelta(days=8)
    owls = new_family(stranger, "Owls")
    new_invitation(owls["_id"], stranger, "expired@example.com", now=old)
    new_member(owls["_id"], stranger, person)
    limit(stranger, MEMBERS=2)

    read = Api(person).get(PATH).json

    used = [
        {name: each[name] for name in each if name not in {"created_at", "last_activity"}}
        for each in read["families_usage"]
    ]
    of_larks = {"family_id": larks["_id"], "name": "Larks", "is_admin": True}
    of_owls = {"family_id": owls["_id"], "name": "Owls", "is_admin": False}
    assert used == [
        of_larks | places(members=2, pending=1, limit=5, left=2),
        of_owls | places(members=2, pending=0, limit=2, left=0),
    ]
    assert (read["current_families"], read["current_memberships"]) == (1, 2)
    assert read["limit_status"] == [
        status("families", 1, 3, 33.33),
        status("memberships", 2, 10, 20.0),
        status("members_per_family", 3, 5, 60.0),
    ]


def test_the_last_activity_is_that_of_the_last_change_that_concerned_the_family(
    person: Person, larks: Document
) -> None:
    (before,) = Api(person).get(PATH).json["families_usage"]
    at = clock.now() + timedelta(hours=1)
    new_invitation(larks["_id"], person, "wren@example.com", now=at)

    (after,) = Api(person).get(PATH).json["families_usage"]

    assert before["last_activity"] == before["created_at"]
    assert after["last_activity"] == at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize("numbers", [{"FAMILIES": 1}, {"MEMBERSHIPS": 1}, {"FAMILIES": 0}])
def test_who_may_found_no_more_is_told_so(person: Person, numbers: dict[str, int]) -> None:
    new_family(person)
    limit(person, **numbers)

    read = Api(person).get(PATH).json

    assert (read["can_create_family"], read["upgrade_required"]) == (False, True)
    assert Api(person).post("/family/create").problem == (403, "FAMILY_LIMIT_EXCEEDED")


def test_figures_of_thirty_days_come_if_they_are_asked_for(person: Person, larks: Document) -> None:
    new_member(larks["_id"], person)

    answer = Api(person).get(f"{PATH}?include_billing_metrics=true")

    assert answer.json["billing_metrics"] == {
        "peak_families": 1,
        "peak_members_total": 2,
        "average_families": 0.03,
        "average_members_total": 0.07,
        "family_creation_events": 1,
        "member_addition_events": 1,
    }
    assert "billing_metrics" not in Api(person).get(f"{PATH}?include_billing_metrics=false").json


@pytest.mark.parametrize("sent", ["", "yes", "1", "True"])
def test_a_flag_is_true_or_false(person: Person, sent: str) -> None:
    answer = Api(person).get(f"{PATH}?include_billing_metrics={sent}")

    assert answer.faults == {("query.include_billing_metrics", "invalid_type")}


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.AUDITOR, Role.SUPERUSER])
def test_staff_may_ask_for_anybody(person: Person, larks: Document, role: Role) -> None:
    read = Api(new_staff(role)).get(f"{PATH}?user_id={person.id}")

    assert (read.status, read.json) == (200, Api(person).get(PATH).json)
    assert [each["family_id"] for each in read.json["families_usage"]] == [larks["_id"]]


@pytest.mark.parametrize("role", [None, Role.OPERATOR])
def test_others_ask_only_for_themselves(person: Person, role: Role | None) -> None:
    caller = new_person() if role is None else new_staff(role)

    for asked in (person.id, new_id("user"), "x" * 100):
        assert Api(caller).get(f"{PATH}?user_id={asked}").problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert Api(caller).get(f"{PATH}?user_id={caller.id}").json == Api(caller).get(PATH).json


@pytest.mark.parametrize("asked", ["user_0", "x" * 100, "", "%00", "fam_1"])
def test_staff_is_told_that_there_is_no_such_user(asked: str) -> None:
    assert Api(new_staff(Role.SUPPORT)).get(f"{PATH}?user_id={asked}").problem == (404, "NOT_FOUND")


def test_a_tag_is_good_until_anything_told_is_different(person: Person, larks: Document) -> None:
    tag = Api(person).get(PATH).headers["ETag"]
    assert Api(person).get(PATH, if_none_match=tag).status == 304

    new_member(larks["_id"], person)
    after_join = Api(person).get(PATH, if_none_match=tag)
    assert after_join.status == 200
    limit(person, FAMILIES=3)  # as it was

    assert Api(person).get(PATH, if_none_match=after_join.headers["ETag"]).status == 200


# Enforcement --------------------------------------------------------------------------------------


def test_who_is_within_all_limits_is_held_back_by_none(person: Person, larks: Document) -> None:
    read = Api(person).get(ENFORCEMENT).json

    assert read.pop("last_updated")
    assert read == {
        "user_id": person.id,
        "overall_compliance": True,
        "enforcement_active": False,
        "limit_statuses": Api(person).get(PATH).json["limit_status"],
        "family_validations": [
            {
                "family_id": larks["_id"],
                "family_name": "Larks",
                "is_compliant": True,
                "current_members": 1,
                "member_limit": 5,
                "violations": [],
                "recommended_actions": [],
            }
        ],
        "grace_periods": [],
        "compliance_summary": {
            "limits_total": 3,
            "limits_at_limit": 0,
            "limits_over_limit": 0,
            "families_total": 1,
            "families_full": 0,
            "families_over_limit": 0,
        },
        "recommendations": [],
    }


def test_who_is_over_a_limit_is_told_by_how_much_and_what_to_do(person: Person, larks: Document) -> None:
    member = new_member(larks["_id"], person)
    new_member(larks["_id"], person)
    limit(person, MEMBERS=2)

    mine, theirs = (Api(each).get(ENFORCEMENT).json for each in (person, member))

    (validation,) = mine["family_validations"]
    assert (mine["overall_compliance"], mine["enforcement_active"]) == (False, True)
    assert validation["is_compliant"] is False
    assert validation["violations"] == [
        {"limit_type": "members_per_family", "current_usage": 3, "max_allowed": 2, "over_by": 1}
    ]
    assert [each["action"] for each in validation["recommended_actions"]] == ["reduce"]
    assert [(each["action"], each["family_id"]) for each in mine["recommendations"]] == [
        ("reduce", None),
        ("reduce", larks["_id"]),
    ]
    assert mine["compliance_summary"] == {
        "limits_total": 3,
        "limits_at_limit": 1,
        "limits_over_limit": 1,
        "families_total": 1,
        "families_full": 1,
        "families_over_limit": 1,
    }
    # A plain member sees it as it is, and can do nothing about it; their own limits are kept.
    assert theirs["family_validations"] == [validation | {"recommended_actions": []}]
    assert (theirs["overall_compliance"], theirs["recommendations"]) == (False, [])
    assert theirs["compliance_summary"]["limits_over_limit"] == 0


def test_what_is_still_to_come_is_told_with_its_day(person: Person) -> None:
    new_family(person)
    new_family(person)
    limit(person, grace=30, FAMILIES=1)

    read = Api(person).get(ENFORCEMENT).json

    today = clock.now().date()
    (coming,) = read["grace_periods"]
    assert coming.pop("grace_period_expires")[:10] == (today + timedelta(days=30)).isoformat()
    assert coming == {
        "limit_type": "families",
        "current_limit": 3,
        "new_limit": 1,
        "effective_date": today.isoformat(),
    }
    assert (read["overall_compliance"], read["enforcement_active"]) == (True, False)
    (recommended,) = read["recommendations"]
    assert (recommended["action"], recommended["limit_type"]) == ("prepare", "families")


def test_reading_changes_nothing(person: Person, larks: Document) -> None:
    collection("family_people").delete({"_id": person.id})
    before = documents()

    for path in (PATH, f"{PATH}?include_billing_metrics=true", ENFORCEMENT, "/family/usage-tracking"):
        assert Api(person).get(path).status == 200

    assert larks["_id"]
    assert documents() == before
