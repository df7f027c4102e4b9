"""POST /auth/logout, GET /auth/me, and what else ends a session.

Source: HTTP contract, sections 11 and 18 (rule 15).
"""

from functools import partial
from typing import Any

import pytest

from family_site.identity.actions.passwords import set_password
from ops import clock
from ops.actors import Actor
from ops.redis import store
from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person
from tests.races import at_once

NEW_PASSWORD = "Other-Long-8?"
OK = {"status": "success", "transaction_safe": True}


def sign_in(person: Person) -> Api:
    tokens = Api().post("/auth/login", {"username": person.username, "password": PASSWORD}).json
    return Api(authorization=f"Bearer {tokens['access_token']}")


def is_revoked(client: Api) -> bool:
    answer = client.get("/auth/me")
    if answer.status == 200:
        return False
    assert answer.problem == (401, "INVALID_TOKEN")
    assert answer.json["details"] == {"reason": "revoked"}
    return True


def test_me_is_the_user(person: Person) -> None:
    answer = Api(person).get("/auth/me")

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    created_at = documents("users")["users"][0]["created_at"]
    assert answer.json == {
        "created_at": created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "user_id": person.id,
        "username": person.username,
        "email": person.email,
        "is_verified": False,
        "two_fa_enabled": False,
        "is_staff": False,
    }


@pytest.mark.parametrize("body", [None, {}, {"all": False}])
def test_logging_out_ends_this_session_at_once_and_no_other(person: Person, body: Any) -> None:
    mine, other = sign_in(person), sign_in(person)
    assert not is_revoked(mine)  # so that its state is remembered
    entries = len(audit())

    answer = mine.post("/auth/logout", body)

    assert answer.status == 200
    assert answer.json.items() >= OK.items()
    assert answer.json.keys() == {*OK, "message"}
    assert is_revoked(mine)
    assert not is_revoked(other)
    assert len(audit()) == entries + 1
    assert mine.post("/auth/logout").problem == (401, "INVALID_TOKEN")
    assert len(audit()) == entries + 1


def test_logging_out_of_all_ends_every_session_of_this_user_and_of_nobody_else(
    person: Person, stranger: Person
) -> None:
    mine = [Api(person), sign_in(person), sign_in(person)]
    assert not any(is_revoked(client) for client in mine)
    entries = len(audit())

    assert mine[1].post("/auth/logout", {"all": True}).status == 200

    assert all(is_revoked(client) for client in mine)
    assert not is_revoked(Api(stranger))
    assert len(audit()) == entries + 1


@pytest.mark.parametrize("everywhere", [False, True])
def test_what_is_revoked_stays_so_when_the_cache_is_emptied(person: Person, *, everywhere: bool) -> None:
    mine = sign_in(person)
    mine.get("/auth/me")
    store().flushall()

    mine.post("/auth/logout", {"all": everywhere})

    assert is_revoked(mine)
    store().flushall()
    assert is_revoked(mine)
    assert is_revoked(mine)


def test_a_session_outlives_an_emptied_cache(person: Person) -> None:
    store().flushall()

    assert not is_revoked(Api(person))


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"all": "true"}, {("all", "invalid_type")}),
        ({"all": 1}, {("all", "invalid_type")}),
        ({"all": None}, {("all", "null")}),
        ({"everywhere": True}, {("everywhere", "unknown_field")}),
        ([], {("body", "invalid_type")}),
    ],
)
def test_a_refused_log_out_ends_nothing(person: Person, body: Any, faults: set[tuple[str, str]]) -> None:
    before = documents()

    assert Api(person).post("/auth/logout", body).faults == faults
    assert documents() == before
    assert not is_revoked(Api(person))


def test_of_four_parallel_calls_one_ends_the_session(person: Person) -> None:
    entries = len(audit())

    answers = at_once([partial(Api(person).post, "/auth/logout")] * 4)

    assert {answer.status for answer in answers} <= {200, 401}
    assert 200 in {answer.status for answer in answers}
    assert is_revoked(Api(person))
    assert len(audit()) == entries + 1


def test_another_password_ends_all_sessions_at_once(person: Person) -> None:
    mine = [Api(person), sign_in(person)]
    assert not any(is_revoked(client) for client in mine)

    set_password(person.id, NEW_PASSWORD, actor=Actor.system("tests"), now=clock.now())

    assert all(is_revoked(client) for client in mine)
    assert Api().post("/auth/login", {"username": person.username, "password": PASSWORD}).status == 401
    assert Api().post("/auth/login", {"username": person.username, "password": NEW_PASSWORD}).status == 200
