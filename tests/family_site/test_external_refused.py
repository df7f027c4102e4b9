"""Coming back from another provider in vain: nobody is signed in, nothing is changed, nothing is let out."""

from datetime import timedelta
from typing import Any

import pytest

from family_site.identity.actions import disabling
from ops import clock
from ops.actors import Actor
from tests.database import documents
from tests.factories import Person, new_person
from tests.family_site.travelling import (
    CALLBACK,
    asked,
    begun,
    confirmed,
    everything,
    gone,
    linked,
    refused,
    sent_back,
    there_and_back,
)
from tests.identity_provider import provider
from tests.visitor import Shown, Visitor

OVER = "This way to sign in is over"
UNPROVEN = "What Nest sent does not prove who you are."
DENIED = "The sign-in at Nest was not finished."
AWAY = "Nest does not answer right now."
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def person() -> Person:
    """Somebody whose address is confirmed."""
    return confirmed()


# The way itself -----------------------------------------------------------------------------------


def test_an_answer_is_taken_with_its_own_state_only(person: Person) -> None:
    with provider(person.email) as nest:
        for change in (
            lambda path: path.replace("state=", "state=x"),
            lambda path: path[: path.index("&state")],
            lambda path: path[:-43] + "A" * 43,
        ):
            status, text = gone(change)
            assert (status, OVER in text) == (400, True)

        assert nest.asked["/token"] == 0


def test_nobody_is_signed_in_by_the_way_of_another_browser(person: Person) -> None:
    visitor, attacker = Visitor(), Visitor()
    with provider(person.email):
        begun(visitor)
        path = sent_back(begun(attacker).goes_to)
        before = everything()

        for other in (visitor, Visitor()):
            status, text = refused(other, other.open(path), before)
            assert (status, OVER in text) == (400, True)
        assert attacker.open(path).status == 303


def test_a_way_is_gone_once_also_with_the_cookie_put_back(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        path = sent_back(begun(visitor).goes_to)
        cookie = visitor.client.cookies["sbd_external"].value
        assert visitor.open(path).status == 303
        again = Visitor()
        again.client.cookies["sbd_external"] = cookie
        before = everything()

        status, text = refused(again, again.open(path), before)

    assert (status, OVER in text, nest.asked["/token"]) == (400, True, 1)


@pytest.mark.parametrize(("minutes", "status"), [(9, 303), (10, 400)])
def test_a_way_is_over_after_ten_minutes(
    person: Person, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int
) -> None:
    visitor, now = Visitor(), clock.now()
    with provider(person.email) as nest:
        monkeypatch.setattr(clock, "now", lambda: now)
        path = sent_back(begun(visitor).goes_to)
        cookie = visitor.client.cookies["sbd_external"].value
        later = now + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda: later)
        nest.claims = {"iat": int(later.timestamp()), "exp": int(later.timestamp()) + 60}
        visitor.client.cookies["sbd_external"] = cookie

        assert visitor.open(path).status == status


def test_a_cookie_that_was_tampered_with_opens_nothing(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email):
        path = sent_back(begun(visitor).goes_to)
        for value in ("", "x", "é", visitor.client.cookies["sbd_external"].value[:-4] + "AAAA"):
            visitor.client.cookies["sbd_external"] = value
            assert visitor.open(path).status == 400


@pytest.mark.parametrize("error", ["access_denied", "login_required", SCRIPT])
def test_an_error_of_the_provider_is_told_in_our_words(person: Person, error: str) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        state, before = asked(begun(visitor).goes_to)["state"], everything()
        query = {"state": state, "error": error, "error_description": SCRIPT, "error_uri": SCRIPT}
        page = Shown(visitor.client.get(CALLBACK, query))

        status, text = refused(visitor, page, before)

    assert (status, DENIED in text, nest.asked["/token"]) == (400, True, 0)
    assert "alert" not in page.html


def test_an_answer_of_another_provider_is_not_taken(person: Person) -> None:
    with provider(person.email) as nest:
        status, text = gone(lambda path: f"{path}&iss=https%3A%2F%2Felsewhere.example")
        assert (status, UNPROVEN in text, nest.asked["/token"]) == (400, True, 0)

    with provider(person.email) as nest:
        nest.discovery = {"authorization_response_iss_parameter_supported": True}
        status, text = gone()
        assert (status, UNPROVEN in text, nest.asked["/token"]) == (400, True, 0)
        visitor = Visitor()
        path = sent_back(begun(visitor).goes_to)
        assert visitor.open(f"{path}&iss={nest.issuer}").status == 303


# Who it is ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "about",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "yes"},
        {"email": None},
        {"email": ["x@example.com"]},
        {"email": "straße@example.com"},
    ],
    ids=str,
)
def test_an_address_that_the_provider_has_not_verified_opens_nothing(
    person: Person, about: dict[str, Any]
) -> None:
    with provider(person.email) as nest:
        nest.claims = nest.told = about
        status, text = gone()

    assert (status, "Nest has not verified your e-mail address." in text) == (403, True)
    assert linked(person) == []


def test_what_is_told_of_somebody_else_does_not_count(person: Person) -> None:
    with provider(person.email) as nest:
        nest.told = {**nest.person, "sub": "another"}
        nest.person = {"sub": "bird-7"}
        status, _ = gone()

    assert (status, linked(person)) == (403, [])


def test_nobody_is_signed_up_by_the_provider() -> None:
    with provider("nobody-yet@example.com"):
        status, text = gone()

    assert (status, "Sign up first" in text, documents("users")["users"]) == (403, True, [])


def test_an_address_that_was_never_confirmed_with_us_opens_nothing() -> None:
    person = new_person()
    with provider(person.email):
        status, text = gone()

    assert (status, "is not confirmed yet" in text, linked(person)) == (403, True, [])


def test_an_address_that_the_provider_gives_to_another_person_opens_nothing(person: Person) -> None:
    with provider(person.email) as nest:
        there_and_back(Visitor())
        nest.person["sub"] = "bird-8"
        status, text = gone()

    assert (status, "linked to another sign-in at Nest" in text, len(linked(person))) == (403, True, 1)


@pytest.mark.parametrize("is_linked", [True, False])
def test_a_disabled_user_is_not_signed_in_and_not_linked(person: Person, is_linked: bool) -> None:  # noqa: FBT001  # a parameter of the test
    with provider(person.email):
        if is_linked:
            there_and_back(Visitor())
        disabling.disable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="for a test")
        visitor, before = Visitor(), everything()
        page = there_and_back(visitor)

    assert (page.status, "This user has been disabled." in page.text) == (403, True)
    assert (everything(), len(linked(person))) == (before, int(is_linked))
    assert not visitor.is_signed_in
