"""A permanent token as the password of HTTP Basic, on operators' paths. Source: HTTP contract, section 14."""

import base64

import pytest

from family_site.identity.roles import Role
from ops.actors import Scope
from ops.mongo.collections import collection
from tests.api import Answer, Api
from tests.factories import PASSWORD, Person, Token, new_permanent_token, new_person, new_staff

CLEAN_UP, ME = "/admin/cleanup-expired-invitations", "/auth/me"


def refused(answer: Answer) -> str:
    assert answer.problem == (401, "INVALID_TOKEN")
    return str(answer.json["details"]["reason"])


def uses(token: Token) -> int:
    found = collection("api_tokens").find_one({"_id": token.id})
    assert found is not None
    return int(found["usage_count"])


def basic(name: str, password: str) -> Api:
    return Api(authorization="Basic " + base64.b64encode(f"{name}:{password}".encode()).decode())


@pytest.fixture
def staff() -> Person:
    return new_person("olga", is_staff=True)


def test_on_operators_paths_a_token_may_come_as_a_password(staff: Person) -> None:
    token = new_permanent_token(staff, Scope.ADMIN)

    assert basic("OLGA", token.token).post(CLEAN_UP).status == 200
    assert uses(token) == 1


def test_by_basic_a_token_without_the_scope_or_of_who_is_no_staff_opens_nothing(
    staff: Person, person: Person
) -> None:
    reading, theirs = new_permanent_token(staff, Scope.READ), new_permanent_token(person)

    assert basic("olga", reading.token).post(CLEAN_UP).problem == (403, "INSUFFICIENT_SCOPE")
    assert basic(person.username, theirs.token).post(CLEAN_UP).problem == (403, "INSUFFICIENT_SCOPE")


def test_the_name_must_be_the_owners(staff: Person, person: Person) -> None:
    token = new_permanent_token(staff, Scope.ADMIN)

    for name in (person.username, "", "nobody"):
        assert refused(basic(name, token.token).post(CLEAN_UP)) == "malformed"
    assert uses(token) == 0


def test_no_password_is_taken_by_basic(staff: Person) -> None:
    assert refused(basic("olga", PASSWORD).post(CLEAN_UP)) == "malformed"
    assert refused(basic("olga", staff.token).post(CLEAN_UP)) == "malformed"


@pytest.mark.parametrize("sent", ["", "x", "!!!!", "/w==", base64.b64encode(b"no-colon").decode()])
def test_what_is_no_basic_is_malformed(sent: str) -> None:
    assert refused(Api(authorization=f"Basic {sent}").post(CLEAN_UP)) == "malformed"


def test_elsewhere_basic_is_no_sign_in(staff: Person) -> None:
    client = basic("olga", new_permanent_token(staff, Scope.ADMIN).token)

    assert refused(client.get(ME)) == "malformed"
    assert refused(client.get("/family/limits")) == "malformed"
    assert client.get("/health/live").status == 200


def test_a_role_is_enough_for_what_it_permits() -> None:
    operator = new_staff(Role.OPERATOR, "otto")
    token = new_permanent_token(operator, Scope.ADMIN)

    assert Api(token).post("/admin/clear-cache").status == 200
    assert Api(token).put("/family/limits", {}).problem == (403, "INSUFFICIENT_PERMISSIONS")
