"""Every path of the API, called with a session and with a permanent token of each scope: the table holds."""

import re
from collections.abc import Iterator

import pytest

from family_site.identity import queries
from family_site.identity.actions import signing_in
from ops import clock
from ops.actors import Actor, Scope
from tests.api import Answer, Api
from tests.database import empty_all
from tests.factories import Person, new_permanent_token, new_person
from tests.routes import views
from tests.scopes import COMES_WITH, REFUSALS, openings

OPENINGS = openings()
# What a session is over after, so that the next call needs another.
ENDS_SESSIONS = {("POST", "/auth/logout")}


@pytest.fixture(scope="module")
def superuser() -> Iterator[Person]:
    yield new_person(is_staff=True)
    empty_all()


@pytest.fixture
def _emptied(superuser: Person) -> None:  # kept from test to test
    """Keep what there is: unknown ids and empty bodies change next to nothing."""


def client(person: Person, comes_with: str) -> Api:
    if comes_with != "session":
        return Api(new_permanent_token(person, Scope(comes_with)))
    user = queries.user_by_id(person.id)
    opened = signing_in.open_session(user, actor=Actor.system("tests"), now=clock.now())
    return Api(authorization=f"Bearer {opened.access_token}")


def outcome(answer: Answer) -> str:
    """Return the sign of what became of a call."""
    code = answer.json.get("error") if answer.media_type == "application/problem+json" else None
    if answer.status == 401 and code != "INVALID_CREDENTIALS":
        return str(code)
    return next((sign for sign, refusal in REFUSALS.items() if code == refusal), "+")


def test_every_operation_has_its_row_and_no_other_has_one() -> None:
    served = [
        (method.upper(), path)
        for path, view in views()
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view, method)
    ]

    assert sorted((each.method, each.path) for each in OPENINGS) == sorted(served)


@pytest.mark.parametrize("comes_with", COMES_WITH)
def test_what_somebody_comes_with_opens_what_the_table_says(comes_with: str, superuser: Person) -> None:
    caller, wrong = client(superuser, comes_with), []
    for row in OPENINGS:
        answer = caller.send(row.method, re.sub(r"\{\w+\}", "unknown", row.path))
        if outcome(answer) != row.cells[comes_with]:
            wrong.append(f"{row.method} {row.path}: {row.cells[comes_with]} expected, {answer.text[:200]!r}")
        if comes_with == "session" and (row.method, row.path) in ENDS_SESSIONS:
            caller = client(superuser, comes_with)

    assert wrong == []
