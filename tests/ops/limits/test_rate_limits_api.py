"""GET, POST and DELETE /admin/rate-limits. Source: HTTP contract, section 14."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from family_site.identity.roles import Role
from ops import clock, redis
from ops.limits.table import LIMITS
from ops.redis import store
from ops.web.json import timestamp
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_override, new_staff
from tests.ops.limits.overridden import CREATE, counted, counters_left, hash_, holds, in_table
from tests.waiting import until

PATH = "/admin/rate-limits"
GOOD = {"endpoint": "/family/create", "limit": 10, "window": 3600}
DAY = timedelta(days=1)


def ahead(time: timedelta) -> str:
    """Return a moment from now, as the contract writes it."""
    return timestamp(clock.now() + time)


def written() -> dict[str, Any]:
    """Return what a refused call must leave as it is."""
    return documents("rate_limit_overrides", "audit_log") | {"hash": [hash_()]}


def test_the_runbook_s_body_sets_an_override_that_ends_by_itself(operator: Person) -> None:
    before = clock.now()
    answer = Api(operator).post(PATH, GOOD)
    after = clock.now()

    assert answer.status == 200
    body = answer.json
    assert timestamp(before + DAY) <= body.pop("until") <= timestamp(after + DAY)
    assert body == {**GOOD, "operations": [CREATE], "by": operator.id}
    assert holds(CREATE, 10)
    assert hash_()["/family/create"]["limit"] == 10
    (entry,) = audit("rate_limit.overridden")
    assert (entry["actor"], entry["target"]) == (operator.id, CREATE)


def test_an_end_and_a_reason_can_be_given(operator: Person) -> None:
    until = ahead(timedelta(hours=2))

    answer = Api(operator).post(PATH, {**GOOD, "until": until, "reason": "a school signs up"})

    assert answer.json["until"] == until
    (told,) = Api(operator).get(PATH).json["overrides"]
    created_at = told.pop("created_at")
    assert timestamp(clock.now() - timedelta(minutes=1)) < created_at <= timestamp(clock.now())
    assert told == {
        **GOOD,
        "operation": CREATE,
        "until": until,
        "by": operator.id,
        "reason": "a school signs up",
    }


def test_an_end_of_another_offset_is_told_in_utc(operator: Person) -> None:
    end = clock.now() + DAY
    sent = (end + timedelta(hours=2)).isoformat().replace("+00:00", "+02:00")

    assert Api(operator).post(PATH, {**GOOD, "until": sent}).json["until"] == timestamp(end)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"limit": 0}, ("limit", "too_small")),
        ({"limit": -5}, ("limit", "too_small")),
        ({"limit": 1_000_001}, ("limit", "too_large")),
        ({"limit": True}, ("limit", "invalid_type")),
        ({"limit": "5"}, ("limit", "invalid_type")),
        ({"limit": 5.0}, ("limit", "invalid_type")),
        ({"limit": None}, ("limit", "null")),
        ({"window": 0}, ("window", "too_small")),
        ({"window": 86_401}, ("window", "too_large")),
        ({"window": False}, ("window", "invalid_type")),
        ({"endpoint": "/nothing/here"}, ("endpoint", "invalid_choice")),
        ({"endpoint": "nothing"}, ("endpoint", "invalid_choice")),
        ({"endpoint": "/family/{family_id}"}, ("endpoint", "invalid_choice")),
        ({"endpoint": ""}, ("endpoint", "too_short")),
        ({"endpoint": "/" + 300 * "x"}, ("endpoint", "too_long")),
        ({"endpoint": 5}, ("endpoint", "invalid_type")),
        ({"until": "2020-01-01T00:00:00Z"}, ("until", "too_small")),
        ({"until": "9999-12-31T23:59:59Z"}, ("until", "too_large")),
        ({"until": "2030-01-01T00:00:00"}, ("until", "invalid_format")),
        ({"until": "tomorrow"}, ("until", "invalid_format")),
        ({"until": 1_900_000_000}, ("until", "invalid_type")),
        ({"reason": "why"}, ("reason", "too_short")),
        ({"for": "2h"}, ("for", "unknown_field")),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(
    operator: Person, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    before = written()

    assert Api(operator).post(PATH, {**GOOD, **change}).faults == {fault}
    assert written() == before


def test_an_end_is_at_most_thirty_days_away(operator: Person) -> None:
    api = Api(operator)

    assert api.post(PATH, {**GOOD, "until": ahead(29.99 * DAY)}).status == 200
    assert api.post(PATH, {**GOOD, "until": ahead(30.01 * DAY)}).faults == {("until", "too_large")}


def test_all_faulty_fields_are_told_at_once(operator: Person) -> None:
    sent = {"endpoint": "nothing", "limit": 0, "until": "2020-01-01T00:00:00Z"}

    assert Api(operator).post(PATH, sent).faults == {
        ("endpoint", "invalid_choice"),
        ("limit", "too_small"),
        ("until", "too_small"),
        ("window", "required"),
    }


def test_a_path_of_several_operations_names_them(operator: Person) -> None:
    (fault,) = Api(operator).post(PATH, {**GOOD, "endpoint": "/family/fam_1"}).json["details"]

    assert "`PUT /family/{family_id}`, `DELETE /family/{family_id}`" in fault["message"]


def test_the_table_is_told_as_it_is(operator: Person) -> None:
    body = Api(operator).get(PATH).json

    assert [each["operation"] for each in body["operations"]] == list(LIMITS)
    assert {"operation": "login", "limit": 10, "window": 900, "key": "address"} in body["operations"]
    assert body["overrides"] == []
    assert "counters" not in body


def test_a_user_s_counters_are_told(operator: Person, person: Person) -> None:
    end = int(time.time()) + 600
    of_person = f"rate_limit:user:{person.id}"
    counted(f"{of_person}:family_create:{end}", count=4)
    counted(f"{of_person}:gone:{end}", count=1, ttl=None)
    counted(f"rate_limit:user:{person.id}x:family_create:{end}", f"rate_limit:user:*:family_create:{end}")
    new_override(most=7)
    assert holds(CREATE, 7)

    api = Api(operator)
    counters = api.get(f"{PATH}?user_id={person.id}").json["counters"]

    assert [(each["operation"], each["count"], each["limit"]) for each in counters] == [
        (CREATE, 4, 7),
        ("gone", 1, None),
    ]
    assert {each["window_ends_at"] for each in counters} == {
        time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(end))
    }
    assert 0 < counters[0]["ttl"] <= 60
    assert counters[1]["ttl"] is None
    assert api.get(f"{PATH}?user_id=user_nobody").json["counters"] == []
    assert len(api.get(f"{PATH}?user_id=*").json["counters"]) == 1  # of one who is called so


def test_an_override_is_ended_by_any_word_for_its_operation(operator: Person) -> None:
    api = Api(operator)
    api.post(PATH, GOOD)
    assert holds(CREATE, 10)

    answers = [api.send("DELETE", f"{PATH}?endpoint=POST%20/family/create").json for _ in range(2)]

    assert answers == [{"removed": 1}, {"removed": 0}]
    assert holds(CREATE, in_table(CREATE).most)
    assert hash_() == {}
    assert len(audit("rate_limit.restored")) == 1


def test_a_user_begins_to_count_anew(operator: Person, person: Person, stranger: Person) -> None:
    own = {f"rate_limit:user:{person.id}:{each}:1900000000" for each in (CREATE, "login")}
    others = f"rate_limit:user:{stranger.id}:{CREATE}:1900000000"
    counted(*own, others)
    api = Api(operator)

    first = api.send("DELETE", f"{PATH}?user_id={person.id}").json["removed"]
    left = counters_left()
    second = api.send("DELETE", f"{PATH}?user_id={person.id}&scope=login").json["removed"]
    third = api.send("DELETE", f"{PATH}?user_id={person.id}&scope=login").json["removed"]

    assert (first, second, third) == (1, 1, 0)
    assert left == {f"rate_limit:user:{person.id}:login:1900000000", others}
    assert counters_left() == {others}
    entries = audit("rate_limit.counters_cleared")
    assert [(each["target"], each["after"]) for each in entries] == [
        (person.id, {"counters": 1, "sign_in": False}),
        (person.id, {"counters": 1, "sign_in": True}),
    ]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("", {("query.endpoint", "required")}),
        ("?endpoint=", {("query.endpoint", "required")}),
        ("?endpoint=family_create&user_id=user_1", {("query.user_id", "not_allowed")}),
        ("?endpoint=nothing", {("query.endpoint", "invalid_choice")}),
        ("?endpoint=/family/fam_1", {("query.endpoint", "invalid_choice")}),
        ("?user_id=user_1&scope=all", {("query.scope", "invalid_choice")}),
        ("?endpoint=family_create&scope=login", {("query.scope", "not_allowed")}),
    ],
)
def test_one_thing_is_deleted_at_a_time(operator: Person, query: str, faults: set[tuple[str, str]]) -> None:
    new_override()
    before = written()

    assert Api(operator).send("DELETE", f"{PATH}{query}").faults == faults
    assert written() == before


def test_support_clears_counters_and_changes_no_limit(person: Person) -> None:
    counted(f"rate_limit:user:{person.id}:{CREATE}:1900000000")
    api = Api(new_staff(Role.SUPPORT))

    assert api.send("DELETE", f"{PATH}?user_id={person.id}").json == {"removed": 1}
    refused = api.send("DELETE", f"{PATH}?endpoint=family_create")
    assert refused.problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert refused.json["details"] == {"required": "ops.change_limits"}


def test_the_runbook_s_line_without_a_sign_in_names_the_command() -> None:
    for method, body in (("GET", None), ("POST", GOOD), ("DELETE", None)):
        answer = Api().send(method, PATH, body)
        assert answer.problem == (401, "AUTHENTICATION_REQUIRED")
        assert answer.json["details"] == {"hint": "manage.py limits"}
    assert documents("rate_limit_overrides") == {"rate_limit_overrides": []}


def test_an_intent_that_is_sent_twice_is_one(operator: Person) -> None:
    key = {"idempotency_key": "limits-of-today"}
    first, second = (Api(operator).post(PATH, GOOD, **key) for _ in range(2))

    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(audit("rate_limit.overridden")) == 1


def test_without_redis_counters_are_a_503_and_overrides_go_on(
    operator: Person, person: Person, hang: Callable[[], object]
) -> None:
    counted(key := f"rate_limit:user:{person.id}:{CREATE}:1900000000")
    api = Api(operator)
    hang()

    cleared = api.send("DELETE", f"{PATH}?user_id={person.id}")
    told = api.get(f"{PATH}?user_id={person.id}")
    overridden = api.post(PATH, GOOD)

    assert (cleared.problem, told.problem) == (2 * ((503, "SERVICE_UNAVAILABLE"),))
    assert overridden.status == 200
    assert (audit("rate_limit.counters_cleared"), len(audit("rate_limit.overridden"))) == ([], 1)
    assert holds(CREATE, 10)
    assert until(lambda: redis.probe() is None)
    assert store().exists(key) == 1
