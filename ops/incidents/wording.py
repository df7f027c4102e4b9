"""What people are told of an incident; of security only that there is one, how bad, and where to look."""

from typing import NamedTuple

from django.conf import settings

from ops.contacts.people import Contact
from ops.incidents.kinds import Kind, State
from ops.mongo.collections import Document
from ops.outbox.rendering import one_line

WORDS = {
    Kind.OUTAGE: "service outage",
    Kind.SECURITY: "security incident",
    Kind.DATA: "data loss",
    Kind.PERFORMANCE: "performance issue",
}


class About(NamedTuple):
    """An incident as it may leave the house.

    Attributes:
        severity: for example ``P1``.
        kind: in words.
        title: in one line; ``None``: it must not be told.
        link: its page of the console.
    """

    severity: str
    kind: str
    title: str | None
    link: str


def about(incident: Document) -> About:
    """Return what may be told of an incident by mail or to another program."""
    kind = Kind(incident["kind"])
    title = None if kind == Kind.SECURITY else one_line(incident["title"])
    link = f"{settings.PUBLIC_URL}/admin/incidents/{incident['_id']}/"
    return About(incident["severity"].upper(), WORDS[kind], title, link)


def headline(incident: Document) -> str:
    """Return severity, kind, and title or id in one line."""
    seen = about(incident)
    return f"{seen.severity} {seen.kind}: {seen.title or incident['_id']}"


def asked(page: Document, incident: Document) -> str:
    """Return what its reader is asked for."""
    if page["text"] is not None:
        return "There is a message for you beside it." if incident["kind"] == Kind.SECURITY else page["text"]
    if page["level"] is None:
        due_at = incident["notice"]["due_at"]
        return f"Authorities must be told by {due_at:%Y-%m-%d %H:%M} UTC, and nobody has done so yet."
    if incident["state"] == State.RESOLVED:
        return "It is resolved; nothing is left to be done at once."
    if incident["state"] == State.ACKNOWLEDGED:
        late = f"It should have been mended by {incident['fix_by']:%Y-%m-%d %H:%M} UTC."
        return late if page["level"] else "Somebody has it in hand."
    due_at = incident["acknowledge_by"]
    return f"Please acknowledge it by {due_at:%Y-%m-%d %H:%M} UTC."


def line(page: Document, incident: Document, contact: Contact) -> str:
    """Return all of it in one line, as chat programs show it."""
    seen = about(incident)
    return one_line(f"{headline(incident)} - {contact.title}: {asked(page, incident)}") + f" {seen.link}"
