"""doctor:smtp and doctor:outbox, against a real mail server. Source: the runbook's lines on e-mail."""

import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import override_settings

from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.checks import mail
from ops.doctor.whereabouts import Whereabouts
from ops.outbox.delivery import deliver_due
from ops.outbox.server import MailServer, Security
from tests.mailbox import RCPT, Mailbox, at, mailbox
from tests.ops.outbox.queued import MINUTE, queued


@pytest.fixture
def where() -> Whereabouts:
    return whereabouts.from_settings()


def test_a_server_that_answers_is_well_and_gets_no_mail(where: Whereabouts, box: Mailbox) -> None:
    found = mail.look_at_server(where)

    assert found.result == Result.OK
    sender = "Families <no-reply@families.example.com>"
    assert found.evidence == (f"{box.url} takes mails of {sender}",)
    assert (box.connections, box.deliveries) == (1, [])


def test_a_server_that_is_away_fails_and_its_password_is_not_shown(where: Whereabouts) -> None:
    server = MailServer(Security.NONE, "127.0.0.1", 1, "families", "open-sesame")
    with override_settings(MAIL_SERVER=server):
        found = mail.look_at_server(where)

    assert (found.result, found.evidence) == (Result.FAILED, ("smtp://127.0.0.1:1: connection refused",))
    assert found.remedy == ".venv/bin/python manage.py sendtestemail you@example.com"
    assert "sesame" not in str(found)
    assert "families" not in str(found.evidence)


def test_a_server_that_hangs_fails_within_the_checks_time(where: Whereabouts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = MailServer(Security.NONE, "127.0.0.1", silent.getsockname()[1])
        with override_settings(MAIL_SERVER=server):
            found = mail.look_at_server(where)

    assert (found.result, found.evidence) == (Result.FAILED, (f"{server}: no answer within 0.8 s",))


def test_that_none_is_set_is_said_but_is_all_right_in_the_demo(where: Whereabouts) -> None:
    with override_settings(MAIL_SERVER=None):
        found = mail.look_at_server(where)
        with override_settings(MAIL_INBOX=True):
            in_demo = mail.look_at_server(where)

    assert found.result == Result.DEGRADED
    assert found.evidence == ("no mail server is set: mails wait in the outbox",)
    assert (in_demo.result, in_demo.evidence) == (
        Result.OK,
        ("none is set; the demo shows its mails at /demo/inbox",),
    )


def test_an_outbox_in_which_nothing_waits_is_well(where: Whereabouts) -> None:
    queued("ada")
    assert mail.look_at_outbox(where).result == Result.OK


def test_a_mail_that_should_have_left_long_ago_fails(where: Whereabouts) -> None:
    queued("ada", now=clock.now() - timedelta(minutes=12, seconds=30))

    found = mail.look_at_outbox(where)

    assert found.result == Result.FAILED
    assert found.evidence == ("the oldest mail that is due has waited for 12 min",)
    assert found.remedy == ".venv/bin/python manage.py sendtestemail you@example.com --through-outbox"


def test_dead_letters_are_told_with_what_they_met(where: Whereabouts) -> None:
    now = clock.now()
    queued("ada", "bert", now=now - MINUTE)
    with mailbox(at(RCPT, "550 5.1.1 <ada@example.com> unknown")):
        deliver_due(now=now)

    found = mail.look_at_outbox(where)

    assert found.result == Result.DEGRADED
    assert found.evidence == ("2 dead letters: 550 at RCPT: 5.1.1 … unknown",)


def test_with_broken_settings_neither_can_look(where: Whereabouts) -> None:
    broken = replace(where, faults=("MAIL_URL is not right: it names no host",))

    looks = [mail.look_at_server(broken), mail.look_at_outbox(broken)]

    assert [each.result for each in looks] == [Result.COULD_NOT_LOOK] * 2
