"""Faults on the way of mails."""

from datetime import UTC, datetime, timedelta

from faults.catalogue.mongo import DATABASE
from faults.fault import Fault, called_with_more, nothing
from faults.ground import Ground
from faults.mail import REFUSED, USER
from faults.members import LOOPBACK
from faults.nuisance import Nuisance
from faults.part import until

LONG = timedelta(hours=1)


def _stop(ground: Ground) -> None:
    ground.mail.stop()


def _start(ground: Ground, _said: object) -> None:
    ground.mail.slow = False
    ground.mail.start()


def _slow(ground: Ground) -> None:
    ground.mail.slow = True


def _knows_users(ground: Ground) -> None:
    ground.mail.stop()
    ground.mail.start(sign_in=True)


def _knows_nobody(ground: Ground, _said: object) -> None:
    ground.mail.stop()
    ground.mail.start()


def _dead_letter(ground: Ground) -> None:
    """Send a mail to somebody who is refused for good."""
    ground.tried("sendtestemail", f"nobody@{REFUSED}", "--through-outbox", "--wait", "5")
    until(lambda: _count(ground, {"status": "dead_letter"}), seconds=20, what="a dead letter")


def _no_mails(ground: Ground, _said: object) -> None:
    ground.leave_alone()
    ground.mail.start()
    with ground.client() as client:
        client[DATABASE]["email_outbox"].delete_many({"key": {"$ne": "canary"}, "status": {"$ne": "sent"}})


def _count(ground: Ground, which: dict[str, object]) -> int:
    with ground.client() as client:
        return client[DATABASE]["email_outbox"].count_documents(which)


def _mails_wait(ground: Ground) -> None:
    """Let the mail server be away, and a mail be due for an hour; each attempt would put it off."""
    ground.mail.stop()
    ground.tried("sendtestemail", "somebody@example.com", "--through-outbox", "--wait", "1")
    ground.nuisance = Nuisance(lambda: _make_due(ground))


def _make_due(ground: Ground) -> None:
    with ground.client() as client:
        client[DATABASE]["email_outbox"].update_many(
            {"sent_at": None, "next_attempt_at": {"$ne": None}},
            {"$set": {"next_attempt_at": datetime.now(UTC) - LONG, "attempts": 0}},
        )


_SMTP = frozenset({"smtp"})
FAULTS = (
    Fault("the mail server is away", _SMTP, _stop, _start, printed="sendtestemail"),
    Fault("the mail server does not greet", _SMTP, _slow, _start, printed="sendtestemail"),
    Fault(
        "MAIL_URL has a wrong password",
        _SMTP,
        _knows_users,
        _knows_nobody,
        look=called_with_more(
            lambda ground: {"MAIL_URL": f"smtp://{USER}:wrong@{LOOPBACK}:{ground.mail.port}"}
        ),
    ),
    Fault(
        "MAIL_URL is empty", _SMTP, nothing, nothing, look=called_with_more(lambda _ground: {"MAIL_URL": ""})
    ),
    Fault(
        "a mail is refused for good", frozenset({"outbox"}), _dead_letter, _no_mails, printed="dead letter"
    ),
    Fault("the mail server is away for an hour, and mails wait", _SMTP, _mails_wait, _no_mails),
)
