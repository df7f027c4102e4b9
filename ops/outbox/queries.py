"""What there is to say about the outbox as a whole: for health, doctor and console."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from ops import clock
from ops.mongo.collections import Document, collection
from ops.outbox import flow, states
from ops.outbox.templates import NO_LONGER_WANTED

LATE = timedelta(minutes=10)
# So often without a success between: one broken conversation is no news.
FAILURES_TOLD = 3
MOST_COUNTED = 1000
NO_SERVER = "no mail server is set"


@dataclass(frozen=True)
class DeadLetters:
    """Mails that wait for a person: how many among the newest, and what they met, the commonest first."""

    count: int
    faults: tuple[str, ...]


def mail(mail_id: str) -> Document | None:
    """Return a mail of the outbox."""
    return collection("email_outbox").find_one({"_id": mail_id})


def newest(limit: int) -> list[Document]:
    """Return the mails that were queued last."""
    return collection("email_outbox").find({}, sort=[("created_at", -1), ("_id", -1)], limit=limit)


def due_since(*, now: datetime) -> datetime | None:
    """Return since when the mail that has been due the longest waits; ``None``: nothing is due."""
    due = {"status": states.OPEN, "next_attempt_at": {"$lte": now}}
    order = [("next_attempt_at", 1)]
    found = collection("email_outbox").find(due, {"next_attempt_at": 1}, sort=order, limit=1)
    return found[0]["next_attempt_at"] if found else None


def wanted_dead_letters() -> list[Document]:
    """Return ``_id`` and ``fault`` of the newest dead letters, but for what nobody wants any more."""
    newest_first = [("created_at", -1), ("_id", -1)]
    found = collection("email_outbox").find(
        {"status": states.DEAD_LETTER}, {"fault": 1}, sort=newest_first, limit=MOST_COUNTED
    )
    return [each for each in found if not str(each["fault"]).startswith(NO_LONGER_WANTED)]


def dead_letters() -> DeadLetters:
    """Return what waits for a person, among the newest ``MOST_COUNTED`` dead letters."""
    met = [str(each["fault"]) for each in wanted_dead_letters()]
    return DeadLetters(len(met), tuple(sorted(set(met), key=lambda fault: -met.count(fault))))


def fault_of_server() -> str | None:
    """Say why the mail server cannot be used; ``None``: as far as was seen it can."""
    known = flow.server()
    return known["fault"] if known["failures"] >= FAILURES_TOLD else None


def fault() -> str | None:
    """Say why mail does not leave as it should; ``None``: it does. The health of the component ``email``."""
    if settings.MAIL_SERVER is None and not settings.MAIL_INBOX:
        return NO_SERVER
    if settings.MAIL_SERVER is not None and (met := fault_of_server()):
        return f"the mail server cannot be used: {met}"
    now = clock.now()
    since = due_since(now=now)
    if since is not None and now - since > LATE:
        return f"the oldest mail that is due waits since {since:%Y-%m-%d %H:%M} UTC"
    return None
