"""Mails of invitations: putting them into the outbox, and what they say when they are sent.

Queued are ids; the link's token is derived when the mail is rendered, and stands nowhere else.
Source: design, section 6.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from families.invitations import rules
from family_site.identity import queries as identity
from ops import clock, links
from ops.links import Link, LinkKind
from ops.mongo.collections import Document, collection
from ops.outbox.queue import queue
from ops.outbox.templates import Context, NoLongerWantedError

INVITATION, REMINDER, ACCEPTED = "invitation", "invitation_reminder", "invitation_accepted"
DUMMY_TOKEN = "x" * 43
SAMPLE: dict[str, Any] = {
    "family_name": "The Otters",
    "inviter_username": "ines",
    "invitee_username": "omar",
    "relationship_type": "sibling",
    "expires_at": datetime.fromisoformat("2026-01-08T12:00:00+00:00"),
    "page_url": f"https://families.example.com/family/invitation/{DUMMY_TOKEN}/accept",
    "decline_url": f"https://families.example.com/family/invitation/{DUMMY_TOKEN}/decline",
}


def queue_invitation(invitation: Document, *, to: str, now: datetime, reminder: bool = False) -> str:
    """Queue the mail with the link, in the unit that issued the link or reminds of it; returns its id."""
    template = REMINDER if reminder else INVITATION
    generation = str(invitation["link"]["generation"])
    return queue(
        template,
        to=to,
        context={"invitation_id": invitation["_id"], "generation": generation},
        key=f"{template}:{invitation['_id']}:{generation}",
        now=now,
    )


def queue_accepted(invitation_id: str, *, to: str, now: datetime) -> str:
    """Queue the mail that tells the inviter, in the unit of the accept; returns its id."""
    context = {"invitation_id": invitation_id}
    return queue(ACCEPTED, to=to, context=context, key=f"{ACCEPTED}:{invitation_id}", now=now)


def link(invitation: Document, action: str = "accept") -> str | None:
    """Return the address that opens an invitation; ``None``: the key it was made with is gone."""
    kept = invitation["link"]
    token = links.token(
        LinkKind.INVITATION, invitation["_id"], Link(kept["key_id"], kept["generation"], kept["digest"])
    )
    return token and f"{settings.PUBLIC_URL}/family/invitation/{token}/{action}"


def invitation_facts(context: Context) -> dict[str, Any]:
    """Return what invitation and reminder show.

    Raises:
        NoLongerWantedError: it is no longer open, or its link was replaced meanwhile.
    """
    invitation = _found(context)
    if refusal := rules.refusal_to_answer(invitation, clock.now()):
        raise NoLongerWantedError(f"the invitation is no longer open: {refusal}")
    page = link(invitation)
    if str(invitation["link"]["generation"]) != context["generation"] or page is None:
        raise NoLongerWantedError("the link was replaced")
    return _facts(invitation) | {"page_url": page, "decline_url": link(invitation, "decline")}


def accepted_facts(context: Context) -> dict[str, Any]:
    """Return what the mail to the inviter shows.

    Raises:
        NoLongerWantedError: there is no such invitation.
    """
    invitation = _found(context)
    newcomer = invitation["responded_by"]
    return _facts(invitation) | {"invitee_username": identity.usernames({newcomer}).get(newcomer, "")}


def _found(context: Context) -> Document:
    invitation = collection("family_invitations").find_one({"_id": context["invitation_id"]})
    if invitation is None:
        raise NoLongerWantedError("the invitation is gone")
    return invitation


def _facts(invitation: Document) -> dict[str, Any]:
    shown = ("family_name", "inviter_username", "relationship_type", "expires_at")
    return {name: invitation[name] for name in shown}
