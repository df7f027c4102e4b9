"""PUT of what members may spend, both paths. Source: HTTP contract, sections 1.3 (ETag), 8 and 18 (4, 13)."""

from typing import Any

import pytest

from families.actions import members
from ops import clock
from tests.api import Answer, Api
from tests.database import audit
from tests.factories import Person
from tests.families.household import moment, new_entries
from tests.tokens.calls import faults, nothing_moves, refusal, transfer
from tests.tokens.deeds import House, freeze
from tests.tokens.told import forget, ids, told
from tests.world import TESTS

GRANT = {"can_spend": True, "spending_limit": 40}
PATHS = ("sbd-account/permissions", "spending-permissions")


@pytest.fixture
def house() -> House:
    """A family with 100 tokens; nobody told of anything yet."""
    made = House(100)
    forget()
    return made


def put(
    by: Person, house: House, whom: str, body: dict[str, Any], path: str = PATHS[0], **headers: str
) -> Answer:
    if path == PATHS[0]:
        return Api(by).put(f"/family/{house.id}/{path}", {"user_id": whom, **body}, **headers)
    return Api(by).put(f"/family/{house.id}/{path}/{whom}", body, **headers)


def rights(house: House, person: Person) -> dict[str, Any]:
    holder = house.holder(person)
    shown = ("role", "can_spend", "spending_limit", "period_limit", "updated_by")
    return {name: holder[name] for name in shown} | {"updated_at": moment(holder["updated_at"])}


def test_the_answer_is_the_account_and_the_new_rights(house: House) -> None:
    before = audit()

    answer = put(house.founder, house, house.viewer.id, GRANT)

    new = rights(house, house.viewer)
    read = Api(house.founder).get(f"/family/{house.id}/sbd-account")
    assert answer.status == 200
    assert answer.json == {
        **read.json,
        "status": "success",
        "message": "The rights were changed.",
        "transaction_safe": True,
        "updated_permissions": new,
        "as_of": answer.json["as_of"],
    }
    assert answer.headers["ETag"] == read.headers["ETag"]
    assert new["updated_by"] == house.founder.id
    assert (new["role"], new["can_spend"], new["spending_limit"]) == ("spender", True, 40)
    assert told() == {"permissions_updated": ids([house.founder, house.admin, house.viewer])}
    (entry,) = new_entries(before)
    assert (entry["action"], entry["target"], entry["family_id"]) == (
        "rights.changed",
        house.viewer.id,
        house.id,
    )
    assert transfer(house.viewer, house, house.founder.id, 40).status == 200


def test_the_other_path_does_the_same(house: House) -> None:
    answer = put(house.founder, house, house.viewer.id, GRANT, PATHS[1])

    assert answer.json == {
        "status": "success",
        "message": "The rights were changed.",
        "transaction_safe": True,
        "new_permissions": rights(house, house.viewer),
    }
    assert answer.headers["ETag"] == Api(house.founder).get(f"/family/{house.id}/sbd-account").headers["ETag"]
    assert told() == {"permissions_updated": ids([house.founder, house.admin, house.viewer])}


@pytest.mark.parametrize("path", PATHS)
def test_a_right_taken_away_holds_from_the_next_spend(house: House, path: str) -> None:
    body = {"can_spend": False, "spending_limit": 0, "role": "viewer"}

    assert put(house.founder, house, house.spender.id, body, path).status == 200

    told_ = refusal(lambda: transfer(house.spender, house, house.viewer.id, 1))
    assert told_[:2] == (403, "NO_SPENDING_PERMISSION")
    assert house.holder(house.spender)["role"] == "viewer"


def test_a_periods_limit_stays_unless_it_is_sent(house: House) -> None:
    day = {"period": "day", "limit": 9}

    def limit() -> Any:
        return house.holder(house.viewer)["period_limit"]

    put(house.founder, house, house.viewer.id, {**GRANT, "period_limit": day})
    assert limit() == day
    put(house.founder, house, house.viewer.id, {**GRANT, "spending_limit": 5})
    assert limit() == day
    put(house.founder, house, house.viewer.id, {**GRANT, "period_limit": {"period": "week", "limit": -1}})
    assert limit() == {"period": "week", "limit": -1}
    put(house.founder, house, house.viewer.id, {**GRANT, "period_limit": None})
    assert limit() is None


def test_the_same_again_changes_nothing(house: House) -> None:
    first = put(house.founder, house, house.viewer.id, GRANT)

    with nothing_moves():
        again = put(house.admin, house, house.viewer.id, GRANT)

    assert (again.status, again.json["updated_permissions"]) == (200, first.json["updated_permissions"])
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("path", PATHS)
def test_a_payment_in_between_refuses_no_change_and_another_change_does(house: House, path: str) -> None:
    tag = Api(house.founder).get(f"/family/{house.id}/sbd-account").headers["ETag"]
    transfer(house.founder, house, house.viewer.id, 1)

    changed = put(house.founder, house, house.viewer.id, GRANT, path, **{"If-Match": tag})

    assert changed.status == 200
    stale = refusal(
        lambda: put(house.founder, house, house.viewer.id, {**GRANT, "spending_limit": 9}, path, If_Match=tag)
    )
    assert stale == (412, "PRECONDITION_FAILED", {"current_etag": changed.headers["ETag"]})


@pytest.mark.parametrize("path", PATHS)
def test_an_admin_may_spend_all_of_it_and_that_stays(house: House, path: str) -> None:
    for whom in (house.founder, house.admin):
        status, code, details = refusal(lambda who=whom: put(house.founder, house, who.id, GRANT, path))  # type: ignore[misc]  # a default
        assert (status, code, details) == (
            400,
            "PERMISSIONS_UPDATE_FAILED",
            {"reason": "target_is_admin"},
        )


@pytest.mark.parametrize("path", PATHS)
def test_nobody_but_an_admin_sets_rights_and_only_a_members(
    house: House, stranger: Person, path: str
) -> None:
    for each in (house.spender, house.viewer):
        told_ = refusal(lambda by=each: put(by, house, by.id, GRANT, path))  # type: ignore[misc]  # a default
        assert told_ == (403, "INSUFFICIENT_PERMISSIONS", {"required": "family admin"})
    unknown = refusal(lambda: put(stranger, house, stranger.id, GRANT, path))
    assert unknown == (404, "FAMILY_NOT_FOUND", {})
    for whom in (stranger.id, "user_nobody", "x" * 64):
        told_ = refusal(lambda who=whom: put(house.founder, house, who, GRANT, path))  # type: ignore[misc]  # a default
        assert told_ == (404, "MEMBER_NOT_FOUND", {})


def test_who_comes_back_begins_as_a_viewer(house: House) -> None:
    Api(house.spender).post(f"/family/{house.id}/leave")
    members.join(house.id, house.spender.id, actor=TESTS, now=clock.now())

    assert (rights(house, house.spender)["role"], rights(house, house.spender)["can_spend"]) == (
        "viewer",
        False,
    )


def test_rights_are_set_on_a_frozen_account_too(house: House) -> None:
    freeze(house.account_id, by=house.founder.actor, now=clock.now())

    assert put(house.founder, house, house.viewer.id, GRANT).json["is_frozen"] is True


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {("can_spend", "required"), ("spending_limit", "required")}),
        ({**GRANT, "can_spend": "true"}, {("can_spend", "invalid_type")}),
        ({**GRANT, "can_spend": 1}, {("can_spend", "invalid_type")}),
        ({**GRANT, "can_spend": None}, {("can_spend", "null")}),
        ({**GRANT, "spending_limit": True}, {("spending_limit", "invalid_type")}),
        ({**GRANT, "spending_limit": "5"}, {("spending_limit", "invalid_type")}),
        ({**GRANT, "spending_limit": 5.0}, {("spending_limit", "invalid_type")}),
        ({**GRANT, "spending_limit": -2}, {("spending_limit", "too_small")}),
        ({**GRANT, "spending_limit": 10**12 + 1}, {("spending_limit", "too_large")}),
        ({**GRANT, "role": "manager"}, {("role", "invalid_choice")}),
        ({**GRANT, "role": "viewer"}, {("role", "not_allowed")}),
        ({**GRANT, "can_spend": False, "role": "spender"}, {("role", "not_allowed")}),
        ({**GRANT, "period_limit": 5}, {("period_limit", "invalid_type")}),
        (
            {**GRANT, "period_limit": {"period": "year", "limit": 5}},
            {("period_limit.period", "invalid_choice")},
        ),
        ({**GRANT, "period_limit": {"period": "day"}}, {("period_limit.limit", "required")}),
        ({**GRANT, "period_limit": {"period": "day", "limit": -2}}, {("period_limit.limit", "too_small")}),
        ({**GRANT, "is_staff": True}, {("is_staff", "unknown_field")}),
    ],
)
def test_a_body_of_another_shape_is_refused(
    house: House, path: str, body: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    assert faults(lambda: put(house.founder, house, house.viewer.id, body, path)) == found
