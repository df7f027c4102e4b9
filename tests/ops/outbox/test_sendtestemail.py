"""``manage.py sendtestemail``. Source: design, section 6; the runbook's line for a test mail."""

import io
import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from ops import clock
from ops.outbox.delivery import deliver_due
from tests.database import audit, documents
from tests.mailbox import RCPT, Mailbox, at, mailbox
from tests.ops.outbox.queued import MINUTE, states


def run(*words: str, **options: object) -> str:
    out = io.StringIO()
    call_command("sendtestemail", *words, stdout=out, **options)
    return out.getvalue()


def test_the_conversation_is_shown_and_the_mail_arrives_past_the_outbox(box: Mailbox) -> None:
    said = run("ada@example.com").splitlines()

    (delivery,) = box.deliveries
    assert said[0].startswith("< 220 ")
    assert "> rcpt TO:<ada@example.com>" in said
    assert "< 250 OK, taken" in said
    assert said[-1] == f"The mail server has it: {delivery.message_id}"
    assert documents("email_outbox") == {"email_outbox": []}


def test_a_refusal_is_shown_with_the_servers_words() -> None:
    with mailbox(at(RCPT, "550 5.1.1 Unknown")), pytest.raises(CommandError) as failed:
        run("ada@example.com")

    assert str(failed.value) == "The mail was not taken: 550 at RCPT: 5.1.1 Unknown."


def test_without_a_server_or_an_address_it_says_so(box: Mailbox) -> None:
    with pytest.raises(CommandError, match="no address"):
        run("ada")
    with override_settings(MAIL_SERVER=None), pytest.raises(CommandError, match="no mail server is set"):
        run("ada@example.com")
    with override_settings(MAIL_SERVER=None), pytest.raises(CommandError) as waits:
        run("ada@example.com", "--through-outbox", "--wait", "0")

    assert str(waits.value) == "Still queued after 0 s and 0 attempts. As it stands, no mail server is set."
    assert box.deliveries == []


def test_through_the_outbox_a_worker_delivers_it(box: Mailbox) -> None:
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            deliver_due(now=clock.now())
            time.sleep(0.02)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        said = run("ada@example.com", "--through-outbox").splitlines()
    finally:
        over.set()
        worker.join()

    (delivery,) = box.deliveries
    (entry,) = audit("mail.test_queued")
    assert said == [f"Queued as {entry['target']}.", f"Sent after 1 attempt: {delivery.message_id}"]


def test_without_a_worker_it_ends_and_asks_for_one() -> None:
    with pytest.raises(CommandError) as waits:
        run("ada@example.com", "--through-outbox", "--wait", "0")

    assert str(waits.value) == "Still queued after 0 s and 0 attempts. Does a worker run?"


def test_what_the_mail_met_is_told() -> None:
    with mailbox(at(RCPT, "550 5.1.1 Unknown")):
        threading.Timer(0.3, lambda: deliver_due(now=clock.now() + MINUTE)).start()
        with pytest.raises(CommandError) as failed:
            run("ada@example.com", "--through-outbox")

    assert str(failed.value) == "Given up after 1 attempt. It met: 550 at RCPT: 5.1.1 Unknown."
    assert [state for state, _, _ in states().values()] == ["dead_letter"]
