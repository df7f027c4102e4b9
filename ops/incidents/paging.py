"""Telling people of an incident: who, over what, and what became of it.

Kept in ``incident_pages`` of the control database, beside incidents, one document for each thing to be told::

    _id              <incident>:<occasion>:<contact>:<channel>, of an incident that was reopened with the
                     number of its run behind, so nobody is told the same twice, however often it is asked for
    v                1
    incident         id
    occasion         the level of escalation, ``0`` to the last; ``notice``: that authorities must be told
                     soon; ``all-<digest>``: a text for everybody of the matrix
    level            of escalation; ``None``: another occasion
    contact          name of the contact, as in the settings
    channel          mail, webhook                        (Channel)
    text             for everybody; else ``None``
    state            waiting, sent, failed, skipped       (PageState); a mail is sent when it is in the outbox
    attempts, next_attempt_at, lease_until                of the webhook
    fault            what the last attempt met, or why it was skipped; no address
    created_at, sent_at

Two channels, since either may be the incident: mails need the product's database, a worker and a mail server;
the webhook needs only the control database and the process of the metrics.

Source: runbook, escalation matrix; inventory, C19, C24, C37, C41, C49 to C52.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from ops import audit
from ops.actors import Actor
from ops.contacts import people
from ops.contacts.people import Contact
from ops.incidents import mails, pages, records, second_channel
from ops.incidents.doing import seen, text_of
from ops.incidents.kinds import State
from ops.incidents.pages import ACTOR, Channel
from ops.logs import logger
from ops.maintenance import mode
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from ops.outbox.queue import queue
from ops.outbox.states import is_database_away

EVERYBODY = "all"
LEGAL = "legal"
# Each waits for an answer as long as it may, and all of them less than the lease lasts.
MOST_POSTS, MOST_MAILS = 20, 100
DIGEST_LENGTH = 16
NO_ADDRESS, NO_CHANNEL = "no mail address is set", "no second channel is set"
OVER = "it was resolved before"
log = logger(__name__)


@unit_of_work()
def tell(incident: Document, *, level: int, now: datetime) -> None:
    """See to it that the contact of a level is told, once, over both channels; joins the open unit of work.

    A level that the matrix does not have tells nobody.
    """
    contacts = people.to_tell(incident["kind"])[level : level + 1]
    _write(incident, str(level), contacts, tuple(Channel), now=now, level=level)


@unit_of_work()
def tell_all(incident: Document, text: str, *, actor: Actor, now: datetime) -> int:
    """Mail a text to everybody of the matrix of its kind, once for each text; returns how many are told now.

    Of a security incident the mail does not hold the text: who may see the incident reads it there.

    Raises:
        NotFoundError: the actor may not see it.
        ValidationFailedError: the text is too short, or too long.
    """
    incident, text = seen(incident["_id"], actor), text_of(text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
    contacts = list(dict.fromkeys(people.to_tell(incident["kind"])))
    occasion = f"{EVERYBODY}-{digest}"
    told = _write(incident, occasion, contacts, (Channel.MAIL,), now=now, text=text)
    if told:
        names = [each.name for each in contacts]
        said = f"Stakeholders are told: {text}"
        records.note_event(
            incident["_id"], "told", said, by=actor.id, now=now, facts={"contacts": names, "text": text}
        )
        audit.record(
            actor,
            "incident.stakeholders_told",
            target=incident["_id"],
            now=now,
            after={"contacts": names},
            private={"text": text},
        )
    return told


@unit_of_work()
def tell_of_notice(incident: Document, *, now: datetime) -> bool:
    """See to it that the legal team hears, once, that authorities must be told; tells whether it is new."""
    return _write(incident, pages.NOTICE, [people.contact(LEGAL)], tuple(Channel), now=now) > 0


def queue_mails(now: datetime) -> int:
    """Put the mails that wait into the outbox, each once; returns how many.

    During maintenance nothing is queued: the outbox lies in the product's database.
    """
    if mode.is_on():
        return 0
    return sum(_queued(each, now) for each in pages.waiting(Channel.MAIL, now=now, most=MOST_MAILS))


def send_due(now: datetime) -> int:
    """Post what is due to the second channel; returns how many were taken there.

    Writes only the control database. What was taken and not written down is posted again at the end of its
    lease, under the same id. A channel that cannot be reached at all is left alone until the next call.
    """
    sent = 0
    with mode.exempt():
        for _ in range(MOST_POSTS):
            page = pages.claim(Channel.WEBHOOK, now=now)
            if page is None:
                break
            try:
                sent += _post(page, now)
            except second_channel.UnreachableError as fault:
                pages.put_off(page, str(fault), now=now)
                break
    return sent


def _queued(page: Document, now: datetime) -> bool:
    """Queue one; what is wrong with it holds up no other."""
    try:
        return _queue(page, now)
    except Exception as error:
        if is_database_away(error):
            raise
        log.exception("incident not mailed", page=page["_id"])
        return False


@unit_of_work()
def _queue(page: Document, now: datetime) -> bool:
    contact = people.contact(page["contact"])
    reason = _reason_to_skip(page) or (None if contact.mail else NO_ADDRESS)
    if reason or not contact.mail:
        pages.skip(page, reason or NO_ADDRESS)
        return False
    if not pages.mark_sent(page, now=now):
        return False
    queue(
        mails.NAME, to=contact.mail, context={"page_id": page["_id"]}, key=f"incident:{page['_id']}", now=now
    )
    if page["text"] is None:
        pages.note(page, "told", f"The {contact.title} is mailed.", now)
    return True


def _post(page: Document, now: datetime) -> bool:
    """Post a page, and write what became of it; tells whether it was taken.

    Raises:
        UnreachableError: nothing can be posted now.
    """
    webhook = settings.ESCALATION_WEBHOOK
    reason = _reason_to_skip(page) or (None if webhook else NO_CHANNEL)
    if reason or webhook is None:
        pages.skip(page, reason or NO_CHANNEL)
        return False
    incident, contact = records.find(page["incident"]), people.contact(page["contact"])
    try:
        second_channel.post(webhook, page["_id"], second_channel.said(page, incident, contact, now), now=now)
    except second_channel.RefusedError as fault:
        pages.put_off(page, str(fault), now=now)
        return False
    return _posted(page, contact, now)


@unit_of_work()
def _posted(page: Document, contact: Contact, now: datetime) -> bool:
    if not pages.mark_sent(page, now=now):
        return False
    pages.note(page, "told", f"The {contact.title} was told over the second channel.", now)
    return True


def _reason_to_skip(page: Document) -> str | None:
    """Say why nobody needs to be told any more; ``None``: they do.

    The first contact hears of what is over, too; those after them need not be woken for it.
    """
    incident = records.find(page["incident"])
    is_escalated = page["level"] is not None and page["level"] > 0
    return OVER if is_escalated and incident["state"] == State.RESOLVED else None


def _write(  # noqa: PLR0913  # what is told has as many parts
    incident: Document,
    occasion: str,
    contacts: Sequence[Contact],
    channels: Sequence[Channel],
    *,
    now: datetime,
    level: int | None = None,
    text: str | None = None,
) -> int:
    """Write the pages that are not there yet; returns how many contacts that concerns."""
    run = incident.get("runs", 0)
    behind = f":{run}" if run and text is None else ""
    wanted = [
        pages.made(
            f"{incident['_id']}:{occasion}:{contact.name}:{channel}{behind}",
            {
                "incident": incident["_id"],
                "occasion": occasion,
                "level": level,
                "contact": contact.name,
                "channel": str(channel),
                "text": text,
            },
            fault=_lack(contact, channel),
            now=now,
        )
        for contact in contacts
        for channel in channels
    ]
    written = pages.insert_new(wanted)
    for contact in contacts:
        lacks = [each["fault"] for each in written if each["contact"] == contact.name and each["fault"]]
        if lacks:
            said = f"The {contact.title} is not told over all channels: {'; '.join(lacks)}."
            records.note_event(incident["_id"], "noted", said, by=ACTOR, now=now)
    return len({each["contact"] for each in written})


def _lack(contact: Contact, channel: Channel) -> str | None:
    """Say what is missing to tell a contact over a channel; ``None``: nothing."""
    if channel == Channel.MAIL:
        return None if contact.mail else NO_ADDRESS
    return None if settings.ESCALATION_WEBHOOK else NO_CHANNEL
