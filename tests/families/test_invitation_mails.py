"""What mails of invitations say, and when they are not wanted any more. Source: design, section 6."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from families.actions import inviting, joining
from families.invitations import emails
from families.invitations.actions import upkeep
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.outbox import rendering, templates
from ops.outbox.templates import NoLongerWantedError
from tests.api import Api
from tests.database import documents
from tests.factories import Person, new_invitation, token_of

JOB = Actor.system("tests")


def mails(template: str) -> list[Document]:
    return [each for each in documents("email_outbox")["email_outbox"] if each["template"] == template]


def deliver(mail: Document) -> None:
    """Do what the delivery does once a mail was handed over."""
    kind = templates.named(mail["template"])
    kind.facts(mail["context"])
    if kind.delivered:
        kind.delivered(mail["context"])


def notices() -> list[tuple[str, str]]:
    return [(each["user_id"], each["type"]) for each in documents("notifications")["notifications"]]


def test_the_mail_holds_the_link_and_who_asks_whom(person: Person, sent: Document) -> None:
    (mail,) = mails("invitation")

    rendered = rendering.rendered_mail(mail)

    address = f"{settings.PUBLIC_URL}/family/invitation/{token_of(sent)}"
    assert rendered.subject == f"{person.username} invites you to the family Larks"
    for text in (rendered.text, rendered.html):
        assert f"{address}/accept" in text
        assert f"{address}/decline" in text
        assert "Larks" in text
        assert "sibling" in text


def test_names_are_escaped_where_they_are_shown_as_a_page(person: Person, guest: Person) -> None:
    answer = Api(person).post("/family/create", {"name": 'Larks & Co "inside"'})
    new_invitation(answer.json["family_id"], person, guest.email)
    (mail,) = mails("invitation")

    rendered = rendering.rendered_mail(mail)

    assert "Larks &amp; Co" in rendered.html
    assert 'Larks & Co "inside"' in rendered.text


def test_a_reminder_repeats_the_same_link(person: Person, larks: Document, guest: Person) -> None:
    old = new_invitation(larks["_id"], person, guest.email, now=clock.now() - timedelta(days=5))
    upkeep.remind_due(actor=JOB, now=clock.now())
    (mail,) = mails("invitation_reminder")

    assert f"{token_of(old)}/accept" in rendering.rendered_mail(mail).text


def test_the_inviter_is_told_who_has_joined(person: Person, guest: Person, sent: Document) -> None:
    joining.accept(sent["_id"], actor=guest.actor, now=clock.now())
    (mail,) = mails("invitation_accepted")

    rendered = rendering.rendered_mail(mail)

    assert mail["to"] == person.email
    assert rendered.subject == "guest has joined the family Larks"
    assert "guest" in rendered.text
    assert token_of(sent) not in rendered.text


def test_what_is_over_is_not_mailed(person: Person, guest: Person, larks: Document, sent: Document) -> None:
    (mail,) = mails("invitation")
    inviting.hand_over(larks["_id"], sent["_id"], actor=person.actor, now=clock.now())
    with pytest.raises(NoLongerWantedError, match="replaced"):
        emails.invitation_facts(mail["context"])

    inviting.resend(larks["_id"], sent["_id"], actor=person.actor, now=clock.now())
    (again,) = [each for each in mails("invitation") if each["_id"] != mail["_id"]]
    assert emails.invitation_facts(again["context"])["family_name"] == "Larks"

    joining.decline(sent["_id"], actor=guest.actor, now=clock.now())
    with pytest.raises(NoLongerWantedError, match="answered"):
        emails.invitation_facts(again["context"])


def test_a_link_of_a_key_that_is_gone_is_not_mailed(sent: Document) -> None:
    (mail,) = mails("invitation")

    with (
        override_settings(LINK_SIGNING_KEYS=("Another-Key-0123456789-abcdefghij-KLM",)),
        pytest.raises(NoLongerWantedError),
    ):
        emails.invitation_facts(mail["context"])
    assert emails.link(sent) is not None


def test_whose_address_it_is_gets_a_notice_by_the_delivery_once(guest: Person, sent: Document) -> None:
    (mail,) = mails("invitation")
    assert notices() == []

    deliver(mail)
    deliver(mail)  # at least once

    assert notices() == [(guest.id, "invitation_received")]
    (notice,) = documents("notifications")["notifications"]
    assert notice["data"]["invitation_id"] == sent["_id"]
    assert notice["family_id"] is None


def test_an_address_without_an_account_gets_none(person: Person, larks: Document) -> None:
    new_invitation(larks["_id"], person, "nobody@example.com")
    (mail,) = mails("invitation")

    deliver(mail)

    assert notices() == []


@override_settings(REQUIRE_CONFIRMED_EMAIL=True)
def test_an_address_that_is_not_proven_is_nobodys(guest: Person, sent: Document) -> None:
    upkeep.tell_invitee(sent["_id"], now=clock.now())

    assert notices() == []
    assert guest.email == sent["invitee_email"]


def test_a_username_is_told_once_also_by_the_delivery(person: Person, larks: Document, guest: Person) -> None:
    new_invitation(larks["_id"], person, guest.username)
    (mail,) = mails("invitation")

    deliver(mail)

    assert notices() == [(guest.id, "invitation_received")]


def test_samples_render_without_a_document() -> None:
    for name in (emails.INVITATION, emails.REMINDER, emails.ACCEPTED):
        kind = templates.named(name)
        assert kind.subject.format(**kind.sample)
    assert collection("family_invitations").find_one({}) is None
