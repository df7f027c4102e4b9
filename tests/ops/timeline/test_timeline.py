"""``manage.py timeline``: what happened to something, from all that is kept. Source: runbook, R082."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ops import clock
from ops.outbox.delivery import deliver_due
from tests import commands
from tests.api import Api
from tests.factories import Person, new_family, new_issuance, new_person
from tests.mailbox import Mailbox, mailbox

ID = "0123456789abcdef"
WREN = {"identifier": "wren@example.com", "relationship_type": "child"}


def run(*words: str) -> str:
    """Run the command; the watch looks at each of its queries."""
    said = io.StringIO()
    with commands.watched():
        call_command("timeline", *words, stdout=said)
    return said.getvalue()


def moments(identifier: str, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(identifier, "--json", *words).splitlines()]


def told(identifier: str, *words: str) -> list[tuple[str, str]]:
    return [(each["kept_in"], each["what"]) for each in moments(identifier, *words)]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def invitation(api: Callable[..., Api], person: Person) -> dict[str, Any]:
    """An invitation, with its family, made in the request ``ID`` and mailed."""
    family = new_family(person, "Quiet Larks")
    answer = api(person).post(f"/family/{family['_id']}/invite", WREN, X_Request_ID=ID)
    with mailbox():
        deliver_due(now=clock.now())
    made: dict[str, Any] = answer.json | {"family_id": family["_id"]}
    return made


def test_a_family_tells_what_was_done_in_it_in_order_of_time(
    invitation: dict[str, Any], person: Person
) -> None:
    found = moments(invitation["family_id"])

    assert [each["what"] for each in found if each["kept_in"] == "audit_log"] == [
        "family.created",
        "invitation.created",
    ]
    made = next(each for each in found if each["what"] == "invitation.created")
    assert (made["of"], made["who"], made["request_id"]) == (invitation["invitation_id"], person.id, ID)
    assert [each["at"] for each in found] == sorted(each["at"] for each in found)


def test_an_invitation_tells_of_its_mail_too(invitation: dict[str, Any]) -> None:
    found = told(invitation["invitation_id"])

    assert set(found) >= {
        ("audit_log", "invitation.created"),
        ("email_outbox", "mail queued"),
        ("email_outbox", "mail sent"),
        ("family_invitations", "invitation made"),
    }
    assert found[-1] == ("family_invitations", "invitation ends")


def test_a_request_tells_of_its_changes_and_of_the_mails_that_it_caused(invitation: dict[str, Any]) -> None:
    found = moments(ID)

    assert [(each["kept_in"], each["what"]) for each in found] == [
        ("audit_log", "invitation.created"),
        ("email_outbox", "mail queued"),
        ("email_outbox", "mail sent"),
    ]
    assert {each["request_id"] for each in found} == {ID}
    assert invitation["invitation_id"] in {each["of"] for each in found}


def test_a_mail_tells_of_its_life(invitation: dict[str, Any]) -> None:
    mail_id = next(each["of"] for each in moments(ID) if each["what"] == "mail sent")

    assert told(mail_id) == [("email_outbox", "mail queued"), ("email_outbox", "mail sent")]
    assert invitation["invitation_id"] not in mail_id


def test_a_person_tells_of_their_sessions_what_they_did_and_what_they_were_told(
    api: Callable[..., Api], person: Person, box: Mailbox
) -> None:
    new_family(person, "Quiet Larks")
    body = {"username": person.username, "password": "Wrong-Password-1!"}
    assert api().post("/auth/login", body).status == 401
    deliver_due(now=clock.now())

    found = set(told(person.id))

    assert found >= {
        ("audit_log", "user.registered"),
        ("audit_log", "session.opened"),
        ("audit_log", "family.created"),
        ("sessions", "session opened"),
    }
    assert len(box.deliveries) == len([each for each in found if each[1] == "mail sent"])


def test_money_is_told_of_a_transaction_of_its_account_and_of_who_moved_it(
    api: Callable[..., Api], person: Person
) -> None:
    payee = new_person()
    sent = _sent(api, person, payee)

    (of_it,) = (each for each in moments(sent["transaction_id"]) if each["kept_in"] == "sbd_transactions")
    assert sorted(of_it["facts"].values()) == [-3, 3]
    assert of_it["who"] == person.id
    (account_id,) = (account for account, amount in of_it["facts"].items() if amount == -3)
    entries = [each for each in moments(account_id) if each["kept_in"] == "sbd_entries"]
    assert [each["facts"]["amount"] for each in entries] == [10, -3]
    assert entries[-1]["of"] == sent["transaction_id"]
    assert ("sbd_transactions", of_it["what"]) in told(person.id)


def test_no_address_and_nothing_that_people_wrote_is_shown_unless_it_is_asked_for(
    invitation: dict[str, Any], person: Person
) -> None:
    for identifier in (invitation["invitation_id"], invitation["family_id"], person.id, ID):
        said = run(identifier)
        assert "@" not in said
        assert "127.0.0.1" not in said
        assert "Larks" not in said

    assert "wren@example.com" in run(invitation["invitation_id"], "--private")


def test_only_the_last_are_shown_and_that_there_are_more(invitation: dict[str, Any]) -> None:
    every = moments(invitation["family_id"])

    said = run(invitation["family_id"], "--last", "1").splitlines()

    assert len(every) > 1
    assert moments(invitation["family_id"], "--last", "1") == every[-1:]
    assert said[-1] == "These are the last 1; --last shows more."


@pytest.mark.parametrize(
    "identifier", ["fam_none", "user_none", "mail_none", "f" * 32, "txn_none", "what else"]
)
def test_of_what_nobody_knows_nothing_is_told(identifier: str) -> None:
    with pytest.raises(CommandError, match=f"Nothing is kept about {identifier}"):
        run(identifier)


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="--last: from 1 to 1000"):
        run("fam_none", "--last", "0")


def _sent(api: Callable[..., Api], person: Person, payee: Person) -> dict[str, Any]:
    """Give a person 10 tokens, and let them send 3."""
    new_issuance(person, 10)
    body = {"to_user": payee.username, "amount": 3}
    answer: dict[str, Any] = api(person).post("/sbd_tokens/send", body).json
    return answer
