"""Permanent tokens in the console: seen without the token, revoked with a reason."""

import pytest

from family_site.identity.roles import Role
from ops.mongo.collections import collection
from ops.redis import store
from tests.api import Api
from tests.console import LIST, Console, document_page
from tests.database import audit, documents
from tests.factories import Person, Token, new_permanent_token, new_person, new_staff
from tests.mails import mails

TOKENS, USERS = LIST["permanent tokens"], LIST["users"]


@pytest.fixture
def staff() -> Person:
    return new_staff(Role.SUPPORT, "sue")


@pytest.fixture
def console(staff: Person) -> Console:
    return Console(staff)


@pytest.fixture
def token(person: Person) -> Token:
    return new_permanent_token(person, networks=["203.0.113.0/24", "127.0.0.0/8"])


def test_a_token_is_found_by_its_user_and_its_page_does_not_show_it(
    console: Console, person: Person, stranger: Person, token: Token
) -> None:
    new_permanent_token(stranger)

    (row,) = console.get(f"{TOKENS}?q={person.id}").rows
    page = console.get(document_page(TOKENS, token.id))

    assert row[1:4] == [person.username, "for a test", "read"]
    assert page.field("State") == "in force"
    assert page.field("Good from") == "203.0.113.0/24, 127.0.0.0/8"
    (stored,) = [each for each in documents("api_tokens")["api_tokens"] if each["_id"] == token.id]
    assert not any(
        secret in page.html for secret in (token.token, stored["digest"], stored["security_stamp"])
    )


def test_support_revokes_with_a_reason_and_that_holds_from_the_next_call_on(
    console: Console, staff: Person, person: Person, token: Token
) -> None:
    assert Api(token).get("/auth/me").status == 200
    assert "Revoke token…" in console.get(document_page(TOKENS, token.id)).text

    console.confirm(document_page(TOKENS, token.id), "revoke", reason="it was seen in a log")

    assert Api(token).get("/auth/me").json["details"] == {"reason": "revoked"}
    store().flushall()
    assert Api(token).get("/auth/me").json["details"] == {"reason": "revoked"}
    (entry,) = audit("permanent_token.revoked")
    assert (entry["actor"], entry["target"]) == (staff.id, token.id)
    assert entry["private"]["reason"] == "it was seen in a log"
    subjects = [mail.subject for mail in mails("security") if mail.to == person.email]
    assert subjects[-1] == "A permanent token of yours was revoked by our staff"
    assert "Already over." in console.ask(document_page(TOKENS, token.id), "revoke").text


def test_who_only_looks_is_not_offered_to_revoke(token: Token) -> None:
    auditor = Console(new_staff(Role.AUDITOR))

    page = auditor.get(document_page(TOKENS, token.id))

    assert page.status == 200
    assert "Revoke token" not in page.text


def test_a_users_page_shows_their_tokens_and_which_are_over(
    console: Console, person: Person, token: Token
) -> None:
    expired, revoked = new_permanent_token(person), new_permanent_token(person)
    (stored,) = [each for each in documents("api_tokens")["api_tokens"] if each["_id"] == token.id]
    collection("api_tokens").update({"_id": expired.id}, {"$set": {"expires_at": stored["created_at"]}})
    Api(person).send("DELETE", f"/auth/permanent-tokens/{revoked.id}")

    states = [row[2] for row in console.get(document_page(USERS, person.id)).table("Permanent tokens")]
    collection("users").update({"_id": person.id}, {"$set": {"security_stamp": "another"}})
    later = [row[2] for row in console.get(document_page(USERS, person.id)).table("Permanent tokens")]

    assert sorted(states) == ["expired", "in force", "revoked"]
    assert sorted(later) == ["ended with the password", "ended with the password", "revoked"]


def test_the_audit_of_a_token_leads_to_its_page(token: Token) -> None:
    console = Console(new_person("olga", is_staff=True))

    assert document_page(TOKENS, token.id) in console.get(LIST["audit"]).links
