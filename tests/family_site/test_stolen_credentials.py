"""Whoever holds a copy of what somebody signs in with loses it at once, by each of the ways there are.

Each is used just before, so that Redis remembers what was true. Source: HTTP contract, sections 11 and 18.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from family_site.identity.actions import (
    disabling,
    ending,
    passwords,
    permanent_tokens,
    second_factor,
    sessions,
)
from family_site.identity.actions.permanent_tokens import Wanted
from ops import clock
from ops.actors import Scope
from ops.links import LinkKind
from tests.api import Api
from tests.audited import WHY, at, by_staff
from tests.database import documents
from tests.factories import PASSWORD, Person, new_link, new_person
from tests.second_factors import secured
from tests.visitor import Visitor

NEW = "Other-Long-8?"
ALL = frozenset({"access token", "refresh token", "cookie", "permanent token"})
OF_SESSION = frozenset({"access token", "refresh token"})


@dataclass
class Copies:
    """What was copied of a person who is signed in here, in a browser, and by a program; and elsewhere."""

    person: Person
    elsewhere: Person
    refresh_token: str
    cookie: Visitor
    token_id: str
    permanent: str

    def dead(self) -> frozenset[str]:
        """Return which of the copies open nothing."""
        program = Api(authorization=f"Bearer {self.permanent}")
        statuses = {
            "access token": Api(self.person).get("/auth/me").status,
            "cookie": self.cookie.open("/welcome").status,
            "permanent token": program.get("/auth/me").status,
        }
        return frozenset(name for name, status in statuses.items() if status != 200)

    def refresh(self) -> int:
        """Use the copy of the refresh token up."""
        return Api().post("/auth/refresh", {"refresh_token": self.refresh_token}).status

    @property
    def browser_session(self) -> str:
        """The id of the browser's session."""
        every = documents("sessions")["sessions"]
        (found,) = [each["_id"] for each in every if each["kind"] == "browser"]
        return str(found)


def signed_in(name: str) -> tuple[Person, str]:
    """Sign in by the API; the second factor comes later."""
    body = {"username": name, "password": PASSWORD}
    tokens = Api().post("/auth/login", body).json
    user = tokens["user"]
    return (
        Person(user["user_id"], name, user["email"], tokens["access_token"], tokens["session_id"]),
        tokens["refresh_token"],
    )


@pytest.fixture
def copies() -> Copies:
    """All of it, good, and used a moment ago."""
    name = new_person().username
    person, refresh_token = signed_in(name)
    elsewhere, _ = signed_in(name)
    wanted = Wanted("for a test", [Scope.READ])
    made = permanent_tokens.create(wanted, actor=person.actor, now=clock.now())
    found = Copies(person, elsewhere, refresh_token, Visitor(person), made.document["_id"], made.token)
    assert found.dead() == frozenset()
    return found


def log_out(*, everywhere: bool) -> Callable[[Copies], object]:
    return lambda c: Api(c.person).post("/auth/logout", {"all": everywhere})


def lost_phone(c: Copies) -> None:
    secured(c.elsewhere)
    second_factor.take_away(c.person.id, **by_staff(), reason=WHY)


def reset(c: Copies) -> None:
    passwords.reset_password(new_link(LinkKind.RESET_PASSWORD, c.person), NEW, **by_staff())


WAYS: dict[str, tuple[Callable[[Copies], object], frozenset[str]]] = {
    "logged out": (log_out(everywhere=False), OF_SESSION),
    "logged out everywhere": (log_out(everywhere=True), ALL - {"permanent token"}),
    "session revoked": (
        lambda c: Api(c.elsewhere).send("DELETE", f"/auth/sessions/{c.person.session_id}"),
        OF_SESSION,
    ),
    "browser's session revoked": (
        lambda c: Api(c.elsewhere).send("DELETE", f"/auth/sessions/{c.browser_session}"),
        frozenset({"cookie"}),
    ),
    "all others revoked": (
        lambda c: Api(c.elsewhere).send("DELETE", "/auth/sessions"),
        ALL - {"permanent token"},
    ),
    "signed out in the browser": (
        lambda c: c.cookie.press(c.cookie.open("/sign-out"), "Sign out"),
        frozenset({"cookie"}),
    ),
    "password changed elsewhere": (
        lambda c: passwords.change_password(PASSWORD, NEW, **at(c.elsewhere)),
        ALL,
    ),
    "password reset": (reset, ALL),
    "password set on the machine": (
        lambda c: passwords.set_password(c.person.id, NEW, **by_staff()),
        ALL,
    ),
    "disabled": (lambda c: disabling.disable(c.person.id, **by_staff(), reason=WHY), ALL),
    "ended by staff": (
        lambda c: sessions.end_by_staff(c.person.session_id, **by_staff(), reason=WHY),
        OF_SESSION,
    ),
    "all ended by staff": (
        lambda c: ending.end_all_by_staff(c.person.id, **by_staff(), reason=WHY),
        ALL - {"permanent token"},
    ),
    "second factor taken away": (lost_phone, ALL),
    "token revoked": (
        lambda c: Api(c.person).send("DELETE", f"/auth/permanent-tokens/{c.token_id}"),
        frozenset({"permanent token"}),
    ),
    "token revoked by staff": (
        lambda c: permanent_tokens.revoke_by_staff(c.token_id, **by_staff(), reason=WHY),
        frozenset({"permanent token"}),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_way_ends_is_dead_at_once_and_nothing_else(copies: Copies, way: str) -> None:
    act, ends = WAYS[way]

    act(copies)

    assert copies.dead() == ends - {"refresh token"}
    assert copies.refresh() == (401 if "refresh token" in ends else 200)


def test_a_refresh_token_that_is_used_by_two_ends_the_session(copies: Copies) -> None:
    first = Api().post("/auth/refresh", {"refresh_token": copies.refresh_token}).json
    second = Api().post("/auth/refresh", {"refresh_token": first["refresh_token"]}).json

    reused = Api().post("/auth/refresh", {"refresh_token": copies.refresh_token})

    assert (reused.problem, reused.json["details"]) == ((401, "INVALID_TOKEN"), {"reason": "reused"})
    assert Api().post("/auth/refresh", {"refresh_token": second["refresh_token"]}).status == 401
    assert copies.dead() == {"access token"}


def test_an_enabled_user_gets_nothing_back(copies: Copies) -> None:
    disabling.disable(copies.person.id, **by_staff(), reason=WHY)
    disabling.enable(copies.person.id, **by_staff(), reason=WHY)

    assert copies.dead() == ALL - {"refresh token"}
    assert copies.refresh() == 401
