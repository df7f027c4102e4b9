"""Signing in with a permanent token, and all its ends. Source: HTTP contract, sections 1.2, 11, 14 and 18."""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from family_site.identity.actions import disabling, permanent_tokens, roles
from family_site.identity.actions.passwords import set_password
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor, Scope
from ops.links import LinkKind
from ops.mongo.collections import collection
from ops.redis import store
from tests import commands
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import PASSWORD, Person, Token, new_link, new_permanent_token, new_person
from tests.ops.access import blocking
from tests.races import at_once

OTHER = "Brand-New-Kettle-8"
CLEAN_UP, ME = "/admin/cleanup-expired-invitations", "/auth/me"
STAFF = Actor.system("tests")
WHY = "for a test"


def refused(answer: Answer) -> str:
    assert answer.problem == (401, "INVALID_TOKEN")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    return str(answer.json["details"]["reason"])


def reason(token: Token | str, **where: Any) -> str:
    text = token if isinstance(token, str) else token.token
    return refused(Api(authorization=f"Bearer {text}", **where).get(ME))


def used(token: Token) -> dict[str, Any]:
    found = collection("api_tokens").find_one({"_id": token.id})
    assert found is not None
    return found


@pytest.fixture
def token(person: Person) -> Token:
    """A token of the person's that reads."""
    return new_permanent_token(person)


@pytest.fixture
def staff() -> Person:
    return new_person("olga", is_staff=True)


@pytest.fixture
def _blocking() -> Iterator[None]:
    yield
    blocking.forget_all()


# What it opens ------------------------------------------------------------------------------------


def test_a_token_stands_for_its_user_and_each_call_is_counted(person: Person, token: Token) -> None:
    before = clock.now()

    answers = [Api(token).get(ME) for _ in range(3)]

    assert [each.json["user_id"] for each in answers] == [person.id] * 3
    found = used(token)
    assert (found["usage_count"], before <= found["last_used_at"] <= clock.now()) == (3, True)


def test_a_call_costs_one_look_and_one_write_and_nothing_is_remembered(token: Token) -> None:
    with commands.recorded() as sent:
        Api(token).get(ME)

    assert commands.steps(sent) == ["aggregate api_tokens", "update api_tokens", "find users"]
    assert [key for key in store().scan_iter("*") if not key.startswith(b"rate_limit")] == []


def test_calls_at_once_are_all_counted(token: Token) -> None:
    at_once([partial(Api(token).get, ME) for _ in range(8)])

    assert used(token)["usage_count"] == 8


def test_no_token_reaches_sign_in_but_who_it_is(person: Person) -> None:
    all_of_them = new_permanent_token(person, Scope.READ, Scope.FAMILIES, Scope.TOKENS)

    assert Api(all_of_them).get(ME).status == 200
    for method, path in (
        ("GET", "/auth/sessions"),
        ("GET", "/auth/permanent-tokens"),
        ("POST", "/auth/permanent-tokens"),
        ("DELETE", f"/auth/permanent-tokens/{all_of_them.id}"),
        ("PUT", "/auth/change-password"),
        ("POST", "/auth/logout"),
    ):
        assert Api(all_of_them).send(method, path).problem == (403, "SESSION_REQUIRED"), path
    assert used(all_of_them)["revoked_at"] is None


def test_a_scope_that_is_missing_is_named(token: Token) -> None:
    answer = Api(token).post("/family/create", {"name": "Larks"})

    assert answer.problem == (403, "INSUFFICIENT_SCOPE")
    assert answer.json["details"] == {"required": "families"}
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="families"'
    assert documents("families") == {"families": []}


def test_the_scope_admin_gives_no_right_that_its_owner_has_not(staff: Person) -> None:
    token = new_permanent_token(staff, Scope.ADMIN)
    assert Api(token).post(CLEAN_UP).status == 200

    roles.revoke(staff.id, Role.SUPERUSER, actor=STAFF, now=clock.now(), reason=WHY)

    assert Api(token).post(CLEAN_UP).problem == (403, "INSUFFICIENT_PERMISSIONS")


def test_details_of_health_are_for_tokens_of_staff_with_the_scope_admin(staff: Person) -> None:
    seen = [
        "latency_ms"
        in Api(new_permanent_token(staff, scope), address="192.0.2.7").get("/health").text.decode()
        for scope in (Scope.READ, Scope.ADMIN)
    ]

    assert seen == [False, True]


# How it ends --------------------------------------------------------------------------------------


def revoked(person: Person, token: Token) -> None:
    assert Api(person).send("DELETE", f"/auth/permanent-tokens/{token.id}").status == 200


def revoked_by_staff(_person: Person, token: Token) -> None:
    permanent_tokens.revoke_by_staff(token.id, actor=STAFF, now=clock.now(), reason=WHY)


def password_changed(person: Person, _token: Token) -> None:
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert Api(person).put("/auth/change-password", body).status == 200


def password_reset(person: Person, _token: Token) -> None:
    body = {"token": new_link(LinkKind.RESET_PASSWORD, person), "new_password": OTHER}
    assert Api().post("/auth/reset-password", body).status == 200


def disabled(person: Person, _token: Token) -> None:
    disabling.disable(person.id, actor=STAFF, now=clock.now(), reason=WHY)


def disabled_and_enabled(person: Person, token: Token) -> None:
    disabled(person, token)
    disabling.enable(person.id, actor=STAFF, now=clock.now(), reason=WHY)


def deleted(_person: Person, token: Token) -> None:
    collection("api_tokens").delete({"_id": token.id})


@pytest.mark.parametrize(
    "end",
    [
        *(revoked, revoked_by_staff, password_changed, password_reset),
        *(disabled, disabled_and_enabled, deleted),
    ],
)
def test_a_token_that_has_ended_is_refused_at_once_and_an_emptied_redis_revives_none(
    person: Person, token: Token, end: Callable[[Person, Token], None]
) -> None:
    other = new_permanent_token(person)
    assert Api(token).get(ME).status == 200

    end(person, token)

    assert reason(token) == "revoked"
    store().flushall()
    assert reason(token) == "revoked"
    goes_on = end in {revoked, revoked_by_staff, deleted}
    assert Api(other).get(ME).status == (200 if goes_on else 401)


def test_of_calls_and_a_revocation_at_once_those_are_counted_that_were_taken(
    person: Person, token: Token
) -> None:
    statuses: list[int] = []

    def call() -> None:
        statuses.append(Api(token).get(ME).status)

    def revoke() -> None:
        revoked(person, token)

    at_once([*[call] * 6, revoke])

    assert len(statuses) == 6
    assert used(token)["usage_count"] == statuses.count(200)
    assert reason(token) == "revoked"


def test_a_token_made_while_the_password_changes_is_of_the_one_or_the_other(person: Person) -> None:
    made: list[Token] = []

    def change() -> None:
        set_password(person.id, OTHER, actor=STAFF, now=clock.now())

    at_once([lambda: made.append(new_permanent_token(person)), change])

    stored = documents("users", "api_tokens")
    is_of_the_new = stored["api_tokens"][0]["security_stamp"] == stored["users"][0]["security_stamp"]
    assert Api(made[0]).get(ME).status == (200 if is_of_the_new else 401)


def test_a_token_expires_from_the_very_second_of_its_end(token: Token) -> None:
    collection("api_tokens").update({"_id": token.id}, {"$set": {"expires_at": clock.now()}})

    assert reason(token) == "expired"
    store().flushall()
    assert reason(token) == "expired"
    assert used(token)["usage_count"] == 0


def test_a_token_is_good_from_its_networks_only(person: Person) -> None:
    token = new_permanent_token(person, networks=["203.0.113.0/24", "2001:db8::/32"])

    for good in ("203.0.113.9", "2001:db8::7", "::ffff:203.0.113.9"):
        assert Api(token, address=good).get(ME).status == 200, good
    for bad in ("203.0.114.9", "2001:db9::7", "127.0.0.1"):
        assert reason(token, address=bad) == "address", bad
    assert used(token)["usage_count"] == 3


@pytest.mark.parametrize("text", ["sbdp_", "sbdp_short", "sbdp_" + "x" * 44, "sbdp_" + "ä" * 43])
def test_what_has_not_the_form_is_malformed(text: str) -> None:
    assert reason(text) == "malformed"


def test_one_that_was_never_made_is_as_one_that_was_revoked() -> None:
    assert reason("sbdp_" + "x" * 43) == "revoked"


@pytest.mark.usefixtures("_blocking")
def test_a_blocked_owner_is_refused_and_so_is_one_whose_address_is_blocked(
    person: Person, stranger: Person
) -> None:
    tokens = [new_permanent_token(each) for each in (person, stranger)]

    blocking.block("user", person.id)
    blocking.block("email", stranger.email)

    assert [Api(each).get(ME).problem for each in tokens] == [(403, "ACCESS_BLOCKED")] * 2


def test_the_log_tells_why_and_never_which(person: Person, token: Token) -> None:
    revoked(person, token)

    with capture_logs() as lines:
        reason(token)
        as_password = base64.b64encode(f"{person.username}:{token.token}".encode()).decode()
        Api(authorization=f"Basic {as_password}").post(CLEAN_UP)

    told = [each["reason"] for each in lines if each["event"] == "auth.token.rejected"]
    assert told == ["revoked", "revoked"]
    assert token.token not in repr(lines)


# Limits -------------------------------------------------------------------------------------------


@pytest.mark.limited
def test_calls_count_as_their_users_whatever_they_came_with(person: Person) -> None:
    token = new_permanent_token(person, Scope.FAMILIES)
    callers = [Api(token), Api(person)] * 3

    statuses = [each.post("/family/create", {"name": "Larks"}).status for each in callers]

    assert [each for each in statuses if each != 403] == [201, 201, 201, 429]
    assert Api(token).get(ME).headers["X-RateLimit-Type"] == "user"


@pytest.mark.limited
def test_a_refused_token_counts_as_no_sign_in(token: Token) -> None:
    answer = Api(authorization=f"Bearer {token.token}x").get(ME)

    assert answer.headers["X-RateLimit-Limit"] == "300"
    assert answer.headers["X-RateLimit-Type"] == "address"
