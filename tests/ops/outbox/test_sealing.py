"""Secrets of a mail: nobody reads them in the outbox, and once it was sent they are gone.

Source: design, section 6.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work
from ops.outbox import resending, templates
from ops.outbox.delivery import deliver_due
from ops.outbox.queue import Letter, queue_each
from ops.outbox.templates import Context, NoLongerWantedError, Template
from tests.console import LIST, Console
from tests.database import documents
from tests.mailbox import RCPT, Mailbox, at, mailbox
from tests.ops.outbox.queued import MINUTE, mail, states

SECRET = "Heron-204951"
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("kept_templates")


@pytest.fixture(autouse=True)
def delivered(kept_templates: None) -> list[Context]:  # noqa: ARG001  # before it, what is registered would stay
    """Register a template that shows a secret; returns what its hook is told."""
    told: list[Context] = []

    def facts(context: Context) -> Mapping[str, Any]:
        if "word" not in context:
            raise NoLongerWantedError("the word is gone")
        return {"asked_by": context["word"], "asked_at": context["asked_at"]}

    templates.register(Template("test", "A word", facts, {}, told.append))
    return told


@unit_of_work()
def queued_word() -> str:
    """Queue a mail to Ada with a secret; returns its id."""
    letter = Letter("test", "ada@example.com", {"asked_at": "now"}, "test:ada", {"word": SECRET})
    (mail_id,) = queue_each([letter], now=clock.now())
    return mail_id


def is_blank(mail_id: str) -> bool:
    return dict(mail(mail_id)["context"]) == {"asked_at": "now"}


def test_it_is_mailed_and_lies_nowhere_before_nor_after(box: Mailbox, delivered: list[Context]) -> None:
    ada = queued_word()
    assert set(mail(ada)["context"]) == {"asked_at", "sealed"}
    assert SECRET not in repr(documents())

    deliver_due(now=clock.now() + MINUTE)

    (delivery,) = box.deliveries
    assert SECRET in delivery.part("plain")
    assert SECRET in delivery.part("html")
    assert is_blank(ada)
    assert delivered == [{"asked_at": "now"}]
    assert SECRET not in repr(documents())


def test_a_mail_that_is_put_off_keeps_it_for_the_next_attempt() -> None:
    ada = queued_word()
    with mailbox(at(RCPT, "451 4.3.0 Try again")):
        deliver_due(now=clock.now() + MINUTE)
    assert states() == {"ada": ("queued", 1, "451 at RCPT: 4.3.0 Try again")}
    assert not is_blank(ada)

    with mailbox() as box:
        deliver_due(now=clock.now() + DAY)

    assert SECRET in box.deliveries[0].part("plain")
    assert is_blank(ada)


def test_a_mail_that_is_given_up_loses_it_and_cannot_be_sent_again(box: Mailbox) -> None:
    ada = queued_word()
    with mailbox(at(RCPT, "550 5.1.1 Unknown")):
        deliver_due(now=clock.now() + MINUTE)
    assert is_blank(ada)

    assert resending.resend(ada, actor=Actor.system("tests"), now=clock.now(), reason="asked for")
    deliver_due(now=clock.now() + MINUTE)

    assert box.deliveries == []
    assert states() == {"ada": ("dead_letter", 1, "no longer wanted: the word is gone")}


def test_a_mail_that_nobody_wants_any_more_loses_it(box: Mailbox) -> None:
    def unwanted(_context: Context) -> Mapping[str, Any]:
        raise NoLongerWantedError("it is over")

    ada = queued_word()
    templates.register(Template("test", "A word", unwanted, {}))

    deliver_due(now=clock.now() + MINUTE)

    assert box.deliveries == []
    assert states() == {"ada": ("dead_letter", 1, "no longer wanted: it is over")}
    assert is_blank(ada)


def test_another_mails_secret_is_not_opened(box: Mailbox) -> None:

    ada = queued_word()
    collection("email_outbox").update({"_id": ada}, {"$set": {"key": "test:bert"}})

    deliver_due(now=clock.now() + MINUTE)

    assert box.deliveries == []
    assert states() == {"ada": ("dead_letter", 1, "no longer wanted: the word is gone")}


def test_where_the_outbox_is_the_mailbox_it_stays_there_sealed() -> None:
    ada = queued_word()

    with override_settings(MAIL_SERVER=None, MAIL_INBOX=True):
        deliver_due(now=clock.now() + MINUTE)

    assert states() == {"ada": ("sent", 1, None)}
    assert set(mail(ada)["context"]) == {"asked_at", "sealed"}
    assert SECRET not in repr(documents())


def test_the_console_shows_neither_the_secret_nor_what_hides_it(console: Console) -> None:
    ada = queued_word()
    hidden = mail(ada)["context"]["sealed"]

    page = console.get(f"{LIST['mails']}{ada.replace('_', '_5F')}/change/")

    assert page.status == 200
    assert "asked_at" in page.text
    assert hidden not in page.text
    assert SECRET not in page.text
