"""Who is told of what, in the app and by mail, as they prefer. Source: HTTP contract, sections 5 and 12."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse

from families.notices import TYPES
from family_site.identity.actions import disabling
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.notices import registered, words
from ops.outbox.delivery import deliver_due
from tests import commands
from tests.api import Api
from tests.database import documents
from tests.factories import Person, new_member, new_person
from tests.families.told import ADDED, DATA, DESIGNATED, REMOVED, mailed, tell, told
from tests.mailbox import mailbox
from tests.mails import mails

PREFERENCES = "/family/notifications/preferences"
# Everything that anybody says of a change; a type needs no more.
SAID = DATA | {"who_a": "ines", "who_b": "omar", "type": "cousin", "limit": "5"}
SAID |= {"inviter_username": "ines", "happened": "Your password was changed."}
SAID |= {"account": "family_larks", "amount": "5", "to": "omar"}
SAID |= {"period": "2026-11", "why": "there were too few tokens", "outcome": "has run out", "item": "bread"}
NO_MAIL: dict[str, Any] = {"email_notifications": False}


def prefers(person: Person, **preferences: Any) -> None:
    assert Api(person).put(PREFERENCES, preferences).status == 200


@pytest.fixture
def people() -> list[Person]:
    return [new_person(name) for name in ("ada", "bert", "cleo")]


@pytest.mark.parametrize(("name", "by_mail"), [(ADDED, 0), (DESIGNATED, 3), (REMOVED, 3)])
def test_without_a_word_all_are_told_in_the_app_and_by_mail_as_the_type_has_it(
    people: list[Person], name: str, by_mail: int
) -> None:
    tell(people, name)

    assert [told(each) for each in people] == [{name: "unread"}] * 3
    assert mailed() == [each.email for each in people][:by_mail]


@pytest.mark.parametrize(("name", "reached"), [(ADDED, []), (DESIGNATED, ["bert"]), (REMOVED, ["bert"])])
def test_a_mail_goes_only_to_those_it_is_meant_for(
    people: list[Person], stranger: Person, name: str, reached: list[str]
) -> None:
    ada, bert, _ = people

    tell(people, name, mail_to=[bert, stranger])
    tell([ada], name, mail_to=[])

    assert mailed() == [f"{each}@example.com" for each in reached]
    assert told(stranger) == {}


def test_whoever_wants_no_mail_gets_only_the_fixed_ones(people: list[Person]) -> None:
    ada, *others = people
    prefers(ada, email_notifications=False, kinds={DESIGNATED: {"email": True}})

    tell(people, DESIGNATED)
    assert mailed() == [each.email for each in others]

    tell(people, REMOVED)
    assert mailed().count(ada.email) == 1
    assert told(ada) == {DESIGNATED: "unread", REMOVED: "unread"}


@pytest.mark.parametrize(
    ("ways", "status", "by_mail"),
    [
        ({"in_app": True, "email": True}, "unread", 1),
        ({"in_app": True, "email": False}, "unread", 0),
        ({"in_app": False, "email": True}, "archived", 1),
        ({"in_app": False, "email": False}, None, 0),
    ],
)
@pytest.mark.parametrize("name", [ADDED, DESIGNATED])
def test_a_type_goes_the_ways_that_somebody_prefers(
    person: Person, name: str, ways: dict[str, bool], status: str | None, by_mail: int
) -> None:
    prefers(person, kinds={name: ways})

    tell([person], name)

    assert told(person) == ({} if status is None else {name: status})
    assert len(mailed()) == by_mail
    listed = Api(person).get("/family/notifications").json
    assert (len(listed["results"]), listed["unread_count"]) == ((1, 1) if status == "unread" else (0, 0))


def test_a_notice_only_for_its_mail_is_archived_and_the_mail_says_the_same(person: Person) -> None:
    prefers(person, kinds={ADDED: {"in_app": False, "email": True}})
    now = clock.now()

    tell([person], now=now)

    (notice,) = Api(person).get("/family/notifications?status=archived").json["results"]
    assert (notice["status"], notice["is_read"], notice["read_at"]) == ("archived", False, None)
    (mail,) = mails("notice")
    assert (mail.to, mail.subject) == (person.email, "New member")
    assert "omar has joined Larks." in mail.text
    marked = Api(person).post(
        "/family/notifications/mark-read", {"notification_ids": [notice["notification_id"]]}
    )
    assert marked.json["marked_count"] == 0


def test_disabled_users_are_told_and_mailed_as_everybody(person: Person) -> None:
    disabling.disable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="for a test")

    tell([person], REMOVED)

    assert (told(person), mailed()) == ({REMOVED: "unread"}, [person.email])


def test_an_address_that_is_still_to_be_confirmed_gets_no_notice(people: list[Person]) -> None:
    ada = people[0]
    confirmed = {"$set": {"email_confirmed_at": clock.now()}}
    collection("users").update_all({"_id": {"$ne": ada.id}}, confirmed)

    with override_settings(REQUIRE_CONFIRMED_EMAIL=True):
        tell(people, REMOVED)

    assert told(ada) == {REMOVED: "unread"}
    assert mailed() == [each.email for each in people[1:]]


def test_a_user_who_is_gone_is_told_and_gets_no_mail(person: Person) -> None:
    collection("users").delete({"_id": person.id})

    tell([person], REMOVED)

    assert (told(person), mailed()) == ({REMOVED: "unread"}, [])


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        (ADDED, ["aggregate users", "insert notifications"]),
        (DESIGNATED, ["aggregate users", "insert notifications", "insert email_outbox"]),
        (REMOVED, ["aggregate users", "insert notifications", "insert email_outbox"]),
    ],
)
def test_a_family_of_any_size_is_told_in_as_many_commands(
    people: list[Person], name: str, steps: list[str]
) -> None:
    for count in (1, 3):
        with commands.recorded() as sent:
            tell(people[:count], name)
        assert commands.steps(sent) == [*steps, "commitTransaction"]


def test_a_fixed_type_that_nobody_is_mailed_asks_for_nobody(people: list[Person]) -> None:
    with commands.recorded() as sent:
        tell(people, REMOVED, mail_to=[])

    assert commands.steps(sent) == ["insert notifications", "commitTransaction"]


# The mail ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "says"), [(REMOVED, "cannot be switched off"), (DESIGNATED, "can switch")])
def test_a_delivered_mail_says_what_the_notice_says_and_leads_to_the_app(
    person: Person, name: str, says: str
) -> None:
    tell([person], name)

    with mailbox() as box, override_settings(APP_URL="https://app.example.com"):
        deliver_due(now=clock.now() + timedelta(minutes=1))

    (delivery,) = box.deliveries
    title, message = words(name, DATA)
    assert (delivery.to, delivery.message["Subject"]) == (person.email, title)
    for kind in ("plain", "html"):
        text = " ".join(delivery.part(kind).split())
        assert message in text
        assert "https://app.example.com" in text
        assert says in text
    (kept,) = documents("email_outbox")["email_outbox"]
    (notice,) = documents("notifications")["notifications"]
    assert kept["status"] == "sent"
    assert kept["context"] == {"notification_id": notice["_id"]}
    assert kept["key"] == f"notice:{notice['_id']}"


def test_names_are_escaped_where_they_are_shown_as_a_page(person: Person) -> None:
    tell([person], REMOVED)
    collection("notifications").update_all({}, {"$set": {"data.family_name": 'Owls & <b>"Co"</b>'}})

    (mail,) = mails("notice")

    assert 'member of Owls & <b>"Co"</b>:' in mail.text
    assert "member of Owls &amp; &lt;b&gt;&quot;Co&quot;&lt;/b&gt;:" in mail.html


def test_without_an_app_the_mail_leads_to_a_page_that_there_is(person: Person) -> None:
    tell([person], REMOVED)

    (mail,) = mails("notice")

    assert f'href="{settings.PUBLIC_URL}/welcome"' in mail.html
    assert reverse("welcome") == "/welcome"


def test_a_mail_whose_notice_is_gone_is_no_longer_wanted(person: Person) -> None:
    tell([person], REMOVED)
    collection("notifications").delete({})

    assert mails("notice") == []


# The types -----------------------------------------------------------------------------------------


def test_every_type_has_words_of_what_is_said_of_its_change() -> None:
    assert {each.name for each in TYPES} <= {each.name for each in registered()}
    for kind in registered():
        title, message = kind.words(SAID)

        assert 0 < len(title) <= 60
        assert message.endswith(".")
        assert "{" not in title + message
        assert not {"token", "code", "balance"} & set((title + message).lower().split())
        if kind in TYPES:
            assert "Larks" in message


# An invitation's own mails --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preferences", "status", "by_mail"),
    [
        ({}, "unread", 1),
        (NO_MAIL, "unread", 0),
        ({"kinds": {"invitation_accepted": {"email": False}}}, "unread", 0),
        ({"kinds": {"invitation_accepted": {"in_app": False}}}, None, 1),  # its mail needs no notice
        ({"kinds": {"invitation_accepted": {"in_app": False, "email": False}}}, None, 0),
    ],
)
def test_the_inviter_is_told_of_an_accept_as_they_prefer(
    person: Person, larks: Document, preferences: dict[str, Any], status: str | None, by_mail: int
) -> None:
    prefers(person, **preferences)

    new_member(larks["_id"], person)

    assert told(person).get("invitation_accepted") == status
    assert [each.to for each in mails("invitation_accepted")] == [person.email] * by_mail
    assert mailed() == []


def test_an_invitation_is_mailed_whatever_its_invitee_prefers(
    person: Person, larks: Document, guest: Person
) -> None:
    prefers(guest, email_notifications=False, kinds={"invitation_received": {"in_app": False}})

    path, body = f"/family/{larks['_id']}/invite", {"identifier": "guest", "relationship_type": "cousin"}
    answer = Api(person).post(path, {**body, "identifier_type": "username"})

    assert (answer.status, answer.json["email_status"]) == (201, "queued")
    assert [each.to for each in mails("invitation")] == [guest.email]
    assert told(guest) == {}
