"""PUT /auth/email. Source: HTTP contract, sections 1.2, 11 and 18 (rules 11, 14, 17)."""

from functools import partial
from typing import Any

import pytest

from family_site.identity.actions.disabling import disable, enable
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from tests import commands
from tests.api import Answer, Api
from tests.database import audit, documents, public_part
from tests.factories import PASSWORD, Person, new_person
from tests.mails import Mail, mailed_token, mails
from tests.races import at_once

NEW = "moved@example.com"
LINK = "confirm_new_email"


def kept() -> dict[str, list[dict[str, Any]]]:
    """Return everything but the counts of failures."""
    return {name: found for name, found in documents().items() if name != "sign_in_failures"}


def change(person: Person, email: str = NEW, password: str = PASSWORD) -> Answer:
    return Api(person).put("/auth/email", {"email": email, "password": password})


def verify(token: str) -> Answer:
    return Api().post("/auth/verify-email", {"token": token})


def address_of(person: Person) -> tuple[str, bool]:
    me = Api(person).get("/auth/me").json
    return me["email"], me["is_verified"]


def since(before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in audit() if each not in before]


def shown(found: list[Mail]) -> list[tuple[str, str]]:
    return [(mail.to, mail.subject) for mail in found]


def test_the_address_changes_when_the_new_one_is_confirmed(person: Person) -> None:
    before = audit()

    answer = change(person, "Moved@Example.com")

    assert answer.status == 200
    assert answer.json.keys() == {"status", "message", "transaction_safe"}
    assert address_of(person) == (person.email, False)
    assert sorted(shown(mails())) == [
        (NEW, "Confirm your new e-mail address"),
        (person.email, "Another e-mail address is wanted for your account"),
    ]
    assert verify(mailed_token(LINK)).status == 200
    assert address_of(person) == (NEW, True)
    assert shown(mails("security"))[1:] == [(person.email, "Your e-mail address was changed")]
    entries = since(before)
    assert [each["action"] for each in entries] == ["email.change_requested", "email.changed"]
    assert {(each["actor"], each["target"]) for each in entries} == {(person.id, person.id)}
    assert entries[1]["private"]["before"] == {"email": person.email}
    assert entries[1]["private"]["after"] == {"email": NEW}
    assert all("example.com" not in public_part(each) for each in entries)
    assert Api(person).get("/auth/me").status == 200
    assert Api().post("/auth/login", {"email": NEW, "password": PASSWORD}).status == 200
    assert Api().post("/auth/login", {"email": person.email, "password": PASSWORD}).status == 401


def test_a_taken_address_is_answered_and_costs_the_same_and_its_owner_is_left_in_peace(
    person: Person, stranger: Person
) -> None:
    told = []
    assert Api(person).get("/auth/me").status == 200  # so that the session is remembered
    for email in (NEW, stranger.email):
        with commands.recorded() as sent:
            answer = change(person, email)
        told.append((answer.status, answer.json, commands.steps(sent)))

    assert told[0] == told[1]
    assert [each["template"] for each in documents("email_outbox")["email_outbox"]].count(LINK) == 2
    assert stranger.email not in {mail.to for mail in mails()}
    assert address_of(person) == (person.email, False)


def test_an_address_that_was_taken_meanwhile_cannot_be_confirmed(person: Person) -> None:
    change(person)
    token = mailed_token(LINK)
    new_owner = {"username": "robin", "email": NEW, "password": PASSWORD}
    assert Api().post("/auth/register", new_owner).status == 201
    before = kept()

    assert verify(token).problem == (400, "INVALID_OR_EXPIRED_TOKEN")

    assert kept() == before
    assert address_of(person) == (person.email, False)


def test_a_wrong_password_changes_nothing(person: Person) -> None:
    before = kept()

    assert change(person, password="Quite-Wrong-7!").problem == (401, "INVALID_CREDENTIALS")

    assert kept() == before


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("email", "required"), ("password", "required")}),
        ({"email": "moved", "password": PASSWORD}, {("email", "invalid_format")}),
        ({"email": NEW, "password": PASSWORD, "is_verified": True}, {("is_verified", "unknown_field")}),
    ],
)
def test_a_body_of_another_shape_is_refused(
    person: Person, body: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    assert Api(person).put("/auth/email", body).faults == faults


def test_the_own_unconfirmed_address_is_mailed_a_link_again(person: Person) -> None:
    before = audit()

    assert change(person, person.email).status == 200

    assert [each["action"] for each in since(before)] == ["email.confirmation_requested"]
    assert [mail.template for mail in mails()] == ["confirm_email"]
    assert verify(mailed_token("confirm_email")).status == 200
    assert address_of(person) == (person.email, True)


def test_the_own_confirmed_address_needs_nothing(person: Person) -> None:
    collection("users").update({"_id": person.id}, {"$set": {"email_confirmed_at": clock.now()}})
    before = kept()

    assert change(person, person.email.upper()).status == 200

    assert kept() == before


def test_a_second_wish_voids_the_first(person: Person) -> None:
    change(person)
    first = mailed_token(LINK)
    change(person, "elsewhere@example.com")

    assert verify(first).problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert verify(mailed_token(LINK)).status == 200
    assert address_of(person) == ("elsewhere@example.com", True)


def test_another_password_or_a_disablement_voids_the_wish(person: Person, stranger: Person) -> None:
    change(person, "first@example.com")
    change(stranger, "second@example.com")
    tokens = [mail.token for mail in mails(LINK)]
    body = {"current_password": PASSWORD, "new_password": "Other-Long-8?"}
    assert Api(person).put("/auth/change-password", body).status == 200
    for switch in (disable, enable):
        switch(stranger.id, actor=Actor.system("tests"), now=clock.now(), reason="for a test")
    before = kept()

    answers = [verify(token) for token in tokens]

    assert [each.problem for each in answers] == [(400, "INVALID_OR_EXPIRED_TOKEN")] * 2
    assert kept() == before


def test_of_two_users_who_confirm_one_address_at_once_one_gets_it() -> None:
    people = [new_person() for _ in range(4)]
    for each in people:
        change(each)
    tokens, before = [mail.token for mail in mails(LINK)], audit()
    assert len(tokens) == 4

    answers = at_once([partial(verify, token) for token in tokens])

    assert sorted(each.status for each in answers) == [200, 400, 400, 400]
    assert [each["action"] for each in since(before)] == ["email.changed"]
    assert [address_of(each)[0] for each in people].count(NEW) == 1


def test_of_who_registers_and_who_confirms_an_address_at_once_one_gets_it(person: Person) -> None:
    change(person)
    token = mailed_token(LINK)
    body = {"username": "robin", "email": NEW, "password": PASSWORD}

    confirmed, registered = at_once([partial(verify, token), partial(Api().post, "/auth/register", body)])

    assert (confirmed.status, registered.status) in {(200, 400), (400, 201)}
    owners = [each["username"] for each in documents("users")["users"] if each["email"] == NEW]
    assert owners == [person.username if confirmed.status == 200 else "robin"]
