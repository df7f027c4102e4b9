"""doctor:smtp and doctor:outbox (runbook R083, R088): mail can leave, and does."""

import pymongo
from django.db import DatabaseError
from pymongo.errors import PyMongoError

from ops.doctor.asking import patience
from ops.doctor.check import Finding, Result
from ops.doctor.findings import without_settings
from ops.doctor.unmarked import NO_JOBS
from ops.doctor.whereabouts import Whereabouts
from ops.errors import DomainError

CONNECT_SECONDS = 0.8
TRY = ".venv/bin/python manage.py sendtestemail"
BOTH_WAYS = f"{TRY} you@example.com --through-outbox"
RESEND = ".venv/bin/python manage.py doctor --fix resend_mail"
FAULTS_SHOWN = 2


def look_at_server(where: Whereabouts) -> Finding:
    """Greet the mail server and sign in, as a delivery does; nothing is sent."""
    if where.faults:
        return _unset()
    from django.conf import settings  # noqa: PLC0415  # only when they can be read

    from ops.outbox.pace import Pace  # noqa: PLC0415  # likewise
    from ops.outbox.smtp import Courier, ServerUnusableError  # noqa: PLC0415  # likewise

    server = settings.MAIL_SERVER
    if server is None:
        return _none(in_demo=settings.MAIL_INBOX)
    try:
        with Courier(server, Pace(connect_seconds=CONNECT_SECONDS)):
            return Finding(Result.OK, (f"{server} takes mails of {settings.MAIL_FROM}",))
    except ServerUnusableError as fault:
        return Finding(
            Result.FAILED,
            (f"{server}: {fault}",),
            "the mail server is down or unreachable, or MAIL_URL is wrong; mails wait meanwhile",
            f"{TRY} you@example.com",
        )


def look_at_outbox(where: Whereabouts) -> Finding:
    """Look for mails that should have left, and for those that nobody will send again."""
    if where.faults:
        return _unset()
    try:
        with pymongo.timeout(patience()):
            return _judged()
    except (PyMongoError, DatabaseError, DomainError) as error:
        return Finding(
            Result.COULD_NOT_LOOK,
            (f"MongoDB cannot be asked: {type(error).__name__}",),
            "MongoDB is away, or too slow",
            ".venv/bin/python manage.py doctor --section 2",
            due_to=("mongo", "mongo_primary", "slow_ops"),
        )


def _judged() -> Finding:
    from ops import clock  # noqa: PLC0415  # only when Django is set up
    from ops.outbox import queries  # noqa: PLC0415  # likewise

    now, dead = clock.now(), queries.dead_letters()
    since = queries.due_since(now=now)
    if since is not None and now - since > queries.LATE:
        minutes = int((now - since).total_seconds() // 60)
        return Finding(
            Result.FAILED,
            (f"the oldest mail that is due has waited for {minutes} min",),
            "no worker runs, or the mail server cannot be used (doctor:smtp)",
            BOTH_WAYS,
            due_to=("smtp", *NO_JOBS),
        )
    if dead.count:
        met = "; ".join(dead.faults[:FAULTS_SHOWN])
        return Finding(
            Result.DEGRADED,
            (f"{dead.count} dead letters: {met}",),
            "these addresses, or our mails, are refused for good: see them in the console, E-mails, and mend "
            "the cause before they are sent again",
            RESEND,
        )
    return Finding(Result.OK, ("nothing that is due waits, no dead letters",))


def _none(*, in_demo: bool) -> Finding:
    if in_demo:
        return Finding(Result.OK, ("none is set; the demo shows its mails at /demo/inbox",))
    return Finding(
        Result.DEGRADED,
        ("no mail server is set: mails wait in the outbox",),
        "MAIL_URL is empty",
        "grep -n -o '^MAIL_[A-Z]*' .env",
    )


def _unset() -> Finding:
    return without_settings("where mail goes is known only with valid settings")
