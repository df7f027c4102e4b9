"""fix:resend_mail (runbook R083, R088): dead letters queued again, and what is due handed over.

Dead letters go the way of the console's own action; what is due is what the job would deliver.
"""

from collections import Counter
from datetime import datetime

from ops.actors import Actor
from ops.doctor.fixes.fix import CannotMendError, Fix, Given, Lines, Option
from ops.doctor.fixes.noting import note
from ops.errors import NotFoundError
from ops.mongo.collections import Document
from ops.outbox import delivery, queries, resending, states

NAME, ID = "resend_mail", "id"
UNSAID = "doctor --fix resend_mail"
FAULTS_SHOWN = 5


def plan(given: Given, now: datetime) -> Lines:
    """Say which would be queued again, by what they met."""
    if ID in given:
        mail = _mail(given[ID])
        return (f"queue {given[ID]} again, of {mail['template']}: {mail['fault']}",) if _is_dead(mail) else ()
    met = Counter(str(each["fault"]) for each in queries.wanted_dead_letters())
    lines = [f"queue {_mails(number)} again: {fault}" for fault, number in met.most_common(FAULTS_SHOWN)]
    if rest := met.total() - sum(number for _, number in met.most_common(FAULTS_SHOWN)):
        lines.append(f"queue {_mails(rest)} again, of other faults")
    if since := _late_since(now):
        lines.append(f"hand over what is due, the oldest since {since:%Y-%m-%d %H:%M} UTC")
    return tuple(lines)


def apply(given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Queue them again, each with an audit entry of its own, and hand over what has been due for long."""
    ids = [given[ID]] if ID in given else [str(each["_id"]) for each in queries.wanted_dead_letters()]
    if ID in given and not _is_dead(_mail(given[ID])):
        return ()
    queued = sum(resending.resend(each, actor=actor, now=now, reason=reason or UNSAID) for each in ids)
    lines = [f"{_mails(queued)} queued again; a worker sends what is queued"] if queued else []
    if ID not in given and (since := _late_since(now)):
        note(NAME, {"due_since": since}, actor=actor, reason=reason, now=now)
        handled = delivery.deliver_due(now=now)
        lines.append(f"{_mails(handled)} handed over, of those that were due since {since:%H:%M} UTC")
    return tuple(lines)


def _mail(mail_id: str) -> Document:
    mail = queries.mail(mail_id)
    if mail is None:
        raise NotFoundError
    if mail["status"] in (states.QUEUED, states.SENDING):
        raise CannotMendError("This mail is no dead letter: it is waiting to be sent.")
    return mail


def _is_dead(mail: Document) -> bool:
    return bool(mail["status"] == states.DEAD_LETTER)


def _late_since(now: datetime) -> datetime | None:
    """Return since when something is due that a worker should have sent; ``None``: nothing is."""
    since = queries.due_since(now=now)
    return since if since is not None and now - since > queries.LATE else None


def _mails(number: int) -> str:
    return "1 mail" if number == 1 else f"{number} mails"


FIX = Fix(
    NAME,
    12,
    "Queue dead letters again, and hand over what has been due for long",
    "Whoever was refused for good is written to again; mend the cause first.",
    plan,
    apply,
    options=(Option(ID, "the one mail that is queued again; without it all dead letters"),),
    mends=("outbox",),
)
