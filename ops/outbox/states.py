"""The states of a mail, and every way from one to another. Source: HTTP contract, section 17 (e-mail).

A mail that is being sent belongs to one delivery until its lease ends; what that delivery writes later, it
writes only if the mail is still its own.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pymongo import ReturnDocument

from ops.errors import DatabaseUnavailableError, ServiceUnavailableError
from ops.logs import logger
from ops.metrics import mail as metrics
from ops.models.outbox import MailStatus
from ops.mongo import faults
from ops.mongo.collections import Document, Filter, collection
from ops.mongo.unit_of_work import CommitOutcomeUnknownError, unit_of_work
from ops.outbox import sealing, templates
from ops.outbox.pace import Pace

QUEUED, SENDING = str(MailStatus.QUEUED), str(MailStatus.SENDING)
SENT, DEAD_LETTER = str(MailStatus.SENT), str(MailStatus.DEAD_LETTER)
OPEN: Filter = {"$in": [QUEUED, SENDING]}
log = logger(__name__)


def claim(*, now: datetime, pace: Pace) -> Document | None:
    """Take the mail that has been due the longest, for one lease; counts an attempt.

    What was being sent when its process died is due again at the end of its lease.
    """
    until = now + pace.lease
    taken = {"status": SENDING, "lease_until": until, "next_attempt_at": until}
    return collection("email_outbox").raw.find_one_and_update(
        {"status": OPEN, "next_attempt_at": {"$lte": now}},
        {"$set": taken, "$inc": {"attempts": 1}},
        sort=[("next_attempt_at", 1)],
        return_document=ReturnDocument.AFTER,
    )


def is_any_due(*, now: datetime) -> bool:
    """Tell whether there is anything to claim."""
    due: Filter = {"status": OPEN, "next_attempt_at": {"$lte": now}}
    return collection("email_outbox").find_one(due, {"_id": 1}) is not None


def put_off(mail: Document, fault: str, *, now: datetime, pace: Pace) -> None:
    """Try it again later; given up, if that has been done for too long."""
    since = mail.get("resent_at") or mail["created_at"]
    if mail["attempts"] >= pace.attempts or now - since >= pace.give_up_after:
        bury(mail, f"given up after {mail['attempts']} attempts: {fault}")
        return
    until = now + pace.until_next_attempt(mail["attempts"])
    metrics.emails.inc(metrics.POSTPONED)
    log.warning("mail put off", mail=mail["_id"], template=mail["template"], fault=fault, until=until)
    _release(mail, {"status": QUEUED, "next_attempt_at": until, "fault": fault})


def give_back(mail: Document, *, until: datetime, fault: str | None = None) -> None:
    """Undo a claim that came to no attempt."""
    change = {"status": QUEUED, "next_attempt_at": until, "attempts": mail["attempts"] - 1}
    _release(mail, change | ({"fault": fault} if fault else {}))


def bury(mail: Document, fault: str) -> None:
    """Give it up; a person may queue it again, but for the secrets that it held."""
    if not fault.startswith(templates.NO_LONGER_WANTED):
        metrics.emails.inc(metrics.DEAD)
    log.warning("mail given up", mail=mail["_id"], template=mail["template"], fault=fault)
    _release(mail, {"status": DEAD_LETTER, "fault": fault[:200]}, beside=sealing.BLANKED)


def mark_sent(mail: Document, *, now: datetime) -> None:
    """Write that the server has it, with what follows from that; whoever may have claimed it meanwhile."""
    try:
        _mark_with_consequences(mail, now)
    except CommitOutcomeUnknownError:
        raise  # if it was not committed, the mail goes once more at the end of its lease
    except Exception as error:
        if is_database_away(error):
            raise
        log.exception("what follows from a delivery failed", mail=mail["_id"], template=mail["template"])
        _mark(mail, now)
    metrics.emails.inc(metrics.SENT)
    log.info("mail sent", mail=mail["_id"], template=mail["template"], attempts=mail["attempts"])


def is_database_away(error: BaseException) -> bool:
    """Tell whether nothing can be written down now, so the lease has to decide."""
    refused = isinstance(error, ServiceUnavailableError | DatabaseUnavailableError)
    return refused or faults.is_unavailable(error)


@unit_of_work()
def _mark_with_consequences(mail: Document, now: datetime) -> None:
    if _mark(mail, now) and (delivered := templates.named(mail["template"]).delivered):
        delivered(sealing.bare(mail["context"]))


def _mark(mail: Document, now: datetime) -> bool:
    change = {"status": SENT, "sent_at": now, "lease_until": None, "fault": None}
    unsent = {"_id": mail["_id"], "status": {"$ne": SENT}}
    return collection("email_outbox").update(unsent, {"$set": change, **sealing.blanked_when_sent()})


def _release(mail: Document, change: Document, *, beside: Mapping[str, Any] = MappingProxyType({})) -> None:
    mine: Filter = {"_id": mail["_id"], "status": SENDING, "lease_until": mail["lease_until"]}
    collection("email_outbox").update(mine, {"$set": {**change, "lease_until": None}, **beside})
