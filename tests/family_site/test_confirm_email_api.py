"""Confirming an address. Source: HTTP contract, sections 1.2, 11 and 18 (rules 11, 14, 17, 18)."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from family_site.identity.actions import asking, disabling
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.outbox.delivery import deliver_due
from tests import commands
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person
from tests.mailbox import mailbox
from tests.mails import mailed_token, mails
from tests.races import at_once

ROBIN = {"username": "robin", "email": "robin@example.com", "password": PASSWORD}


def register() -> Api:
    answer = Api().post("/auth/register", ROBIN)
    assert answer.status == 201
    return Api(authorization=f"Bearer {answer.json['access_token']}")


def verify(token: str) -> Answer:
    return Api().post("/auth/verify-email", {"token": token})


def resend(email: str, address: str = "127.0.0.1") -> Answer:
    return Api(address=address).post("/auth/resend-verification", {"email": email})


def is_verified(client: Api) -> bool:
    verified: bool = client.get("/auth/me").json["is_verified"]
    return verified


def changed(before: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return actor and action of the audit entries since."""
    return [(each["actor"], each["action"]) for each in audit() if each not in before]


def test_the_mailed_link_confirms_the_address_once() -> None:
    client, before = register(), audit()
    (mail,) = mails()
    user_id = client.get("/auth/me").json["user_id"]
    assert (mail.to, mail.subject) == ("robin@example.com", "Confirm your e-mail address")
    assert "robin@example.com" in mail.text
    assert not is_verified(client)

    answer = verify(mail.token)

    assert answer.status == 200
    assert answer.json.keys() == {"status", "message", "transaction_safe"}
    assert is_verified(client)
    assert changed(before) == [(user_id, "email.confirmed")]
    stored = documents()
    assert verify(mail.token).problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert documents() == stored


def test_the_mail_comes_by_a_mail_server_and_its_link_is_good() -> None:
    client = register()
    with mailbox() as box:
        assert deliver_due(now=clock.now() + timedelta(seconds=1)) == 1
    (delivery,) = box.deliveries
    link = next(line for line in delivery.part("plain").splitlines() if "token=" in line)

    assert verify(link.rpartition("=")[2]).status == 200
    assert is_verified(client)


def test_who_is_not_registered_gets_no_mail() -> None:
    Api().post("/auth/register", ROBIN | {"password": "weak"})

    assert documents("email_outbox", "challenges") == {"email_outbox": [], "challenges": []}


@pytest.mark.parametrize(
    "path", ["", "?token={token}", "?token=nonsense", "?username=robin", "?username=nobody"]
)
def test_opening_the_link_changes_nothing_and_says_the_same(path: str) -> None:
    client, token = register(), mailed_token("confirm_email")
    same, before = Api().get("/auth/verify-email"), documents()

    answer = Api().get(f"/auth/verify-email{path.format(token=token)}")

    assert (answer.status, answer.json) == (200, same.json)
    assert answer.json.keys() == {"message"}
    assert documents() == before
    assert not is_verified(client)
    assert verify(token).status == 200


def test_after_48_hours_the_link_is_over() -> None:
    client, token = register(), mailed_token("confirm_email")
    (link,) = documents("challenges")["challenges"]
    assert link["expires_at"] - link["created_at"] == timedelta(hours=48)
    collection("challenges").update({"_id": link["_id"]}, {"$set": {"expires_at": clock.now()}})

    assert verify(token).problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert not is_verified(client)
    assert mails() == []


def test_no_other_token_is_taken() -> None:
    client = register()
    Api().post("/auth/forgot-password", {"email": "robin@example.com"})
    of_reset, of_confirmation = mailed_token("reset_password"), mailed_token("confirm_email")

    for token in (of_reset, of_confirmation[:-1], "x" * 43, "\N{SNOWMAN}", links_digest()):
        assert verify(token).problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert not is_verified(client)


def links_digest() -> str:
    """Return what is stored of a link."""
    digest: str = documents("challenges")["challenges"][0]["link"]["digest"]
    return digest


def test_a_body_of_another_shape_is_refused() -> None:
    assert Api().post("/auth/verify-email").faults == {("token", "required")}
    assert Api().post("/auth/verify-email", {"token": "x" * 129}).faults == {("token", "too_long")}
    assert resend("nonsense").faults == {("email", "invalid_format")}


def test_a_link_that_is_sent_again_voids_the_one_before() -> None:
    client, first = register(), mailed_token("confirm_email")
    before = audit()

    assert resend("Robin@Example.com").status == 200

    second = mailed_token("confirm_email")
    assert changed(before) == [("anonymous", "email.confirmation_requested")]
    assert verify(first).problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert verify(second).status == 200
    assert is_verified(client)


def test_no_answer_and_no_command_tells_who_has_an_address(person: Person, stranger: Person) -> None:
    register()
    disabling.disable(stranger.id, actor=Actor.system("tests"), now=clock.now(), reason="for a test")
    collection("users").update({"_id": person.id}, {"$set": {"email_confirmed_at": clock.now()}})
    told = []
    for number, email in enumerate(("robin@example.com", person.email, stranger.email, "nobody@example.com")):
        with commands.recorded() as sent:
            answer = resend(email, address=f"192.0.{number}.1")
        told.append((answer.status, answer.json, commands.steps(sent)))

    counted = ["findAndModify sign_in_failures", "findAndModify sign_in_failures"]
    message = "If the address waits to be confirmed, a mail with a link is on its way to it."
    body = {"status": "success", "message": message, "transaction_safe": True}
    assert told == [(200, body, [*counted, "insert link_requests"])] * 4
    assert [mail.to for mail in mails()] == ["robin@example.com"]
    assert documents("link_requests") == {"link_requests": []}


def test_links_asked_for_are_limited_by_address_and_by_identifier() -> None:
    for number in range(5):
        assert resend("robin@example.com", address=f"192.0.2.{number}").status == 200
        assert resend(f"bird{number}@example.com", address="198.51.100.1").status == 200
    before = documents("link_requests")

    by_name = resend(" ROBIN@example.com", address="203.0.113.1")
    by_address = resend("wren@example.com", address="198.51.100.1")

    for answer, scope in ((by_name, "identifier"), (by_address, "address")):
        assert answer.problem == (429, "RATE_LIMIT_EXCEEDED")
        facts = {"operation": "verify_resend", "limit": 5, "window": 3600, "scope": scope}
        assert answer.json["details"] == facts
        assert answer.headers["X-RateLimit-Type"] == scope
    assert documents("link_requests") == before
    assert Api().post("/auth/forgot-password", {"email": "robin@example.com"}).status == 200
    assert resend("lark@example.com", address="203.0.113.1").status == 200


def test_of_parallel_requests_one_link_is_good() -> None:
    client = register()
    assert {each.status for each in at_once([partial(resend, "robin@example.com")] * 4)} == {200}
    before = audit()

    queued = at_once([partial(asking.answer_all, now=clock.now())] * 4)

    assert sum(queued) == 4
    assert len(changed(before)) == 4
    assert len(documents("challenges")["challenges"]) == 1
    assert verify(mailed_token("confirm_email")).status == 200
    assert is_verified(client)


def test_of_parallel_confirmations_one_wins() -> None:
    register()
    token, before = mailed_token("confirm_email"), audit()

    answers = at_once([partial(verify, token)] * 6)

    assert sorted(each.status for each in answers) == [200] + [400] * 5
    assert [action for _, action in changed(before)] == ["email.confirmed"]


def test_what_is_asked_for_keeps_its_origin_for_the_audit_log() -> None:
    register()
    Api(address="192.0.2.7", user_agent="curl/8").post("/auth/resend-verification", {"email": ROBIN["email"]})

    mails()

    (entry,) = audit("email.confirmation_requested")
    assert (entry["private"]["address"], entry["private"]["user_agent"]) == ("192.0.2.7", "curl/8")
    assert entry["request_id"]
