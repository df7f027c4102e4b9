"""Mails of sign-in: putting them into the outbox, and what they say when they are sent.

Queued are ids; a link's token is derived when the mail is rendered, and stands nowhere else.
Source: design, section 6; HTTP contract, sections 11 and 12 (``security``).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from family_site.identity import rules
from family_site.identity.rules import SecurityEvent
from family_site.identity.warned import WARNINGS
from ops import clock, links
from ops.links import Link, LinkKind
from ops.mongo.collections import Document, collection
from ops.outbox.queue import queue
from ops.outbox.templates import Context, NoLongerWantedError

CONFIRM, CONFIRM_NEW, RESET, SECURITY = "confirm_email", "confirm_new_email", "reset_password", "security"
PAGES = {LinkKind.CONFIRM_EMAIL: "verify-email", LinkKind.RESET_PASSWORD: "reset-password"}
SITE, DUMMY_TOKEN = "https://families.example.com", "x" * 43
_LINK_SAMPLE = {"username": "ines", "address": "ines@example.com", "expires_at": "2026-01-08 12:00 UTC"}
CONFIRM_SAMPLE: Mapping[str, Any] = {
    **_LINK_SAMPLE,
    "page_url": f"{SITE}/auth/verify-email?token={DUMMY_TOKEN}",
}
RESET_SAMPLE: Mapping[str, Any] = {
    **_LINK_SAMPLE,
    "page_url": f"{SITE}/auth/reset-password?token={DUMMY_TOKEN}",
}


def queue_link(challenge: Document, *, replaces: str | None, now: datetime) -> str:
    """Queue the mail with a link, in the unit that issued it; returns its id.

    Args:
        challenge: what the link opens.
        replaces: the user's address that the one to be confirmed is to replace; ``None``: none.
        now: time of the change.
    """
    confirm = CONFIRM if replaces is None else CONFIRM_NEW
    template = confirm if challenge["kind"] == LinkKind.CONFIRM_EMAIL else RESET
    context = {"challenge_id": challenge["_id"]}
    key = f"{template}:{challenge['_id']}"
    return queue(template, to=challenge["address"], context=context, key=key, now=now)


def queue_warning(  # what a warning is told by
    event: SecurityEvent, user: Document, *, change: str, session_id: str | None, now: datetime
) -> str:
    """Queue the mail that warns of an event, to the address the user has in ``user``; returns its id.

    Args:
        event: what happened.
        user: to whom.
        change: id of what was written of it, to which there is one mail.
        session_id: from which it was done, or with which; ``None``: from none.
        now: time of the change.
    """
    context = {"event": str(event), "user_id": user["_id"], "at": now.isoformat()}
    context |= {"session_id": session_id} if session_id else {}
    return queue(SECURITY, to=user["email"], context=context, key=f"{SECURITY}:{change}", now=now)


def link_facts(context: Context) -> dict[str, Any]:
    """Return what the mails with a link show.

    Raises:
        NoLongerWantedError: the link opens nothing any more, or could never do so.
    """
    challenge = collection("challenges").find_one({"_id": context["challenge_id"]})
    if challenge is None or challenge["used_at"] is not None or challenge["expires_at"] <= clock.now():
        raise NoLongerWantedError("the link is used, replaced or expired")
    user = collection("users").find_one({"_id": challenge["user_id"]})
    kind = LinkKind(challenge["kind"])
    is_moved = user is not None and kind == LinkKind.RESET_PASSWORD and user["email"] != challenge["address"]
    if user is None or is_moved or user["security_stamp"] != challenge["security_stamp"]:
        raise NoLongerWantedError("the link became void")
    if _is_anothers(challenge["address"], user):
        # Nothing leaves, so that whoever asks learns nothing, and the other is left in peace.
        raise NoLongerWantedError("the address cannot be had")
    token = links.token(kind, challenge["_id"], Link(**challenge["link"]))
    if token is None:
        raise NoLongerWantedError("the key of the link is gone")
    return {
        "username": user["username"],
        "address": challenge["address"],
        "expires_at": _shown(challenge["expires_at"]),
        "page_url": f"{settings.PUBLIC_URL}/auth/{PAGES[kind]}?token={token}",
    }


def warning_facts(context: Context) -> dict[str, Any]:
    """Return what a warning shows.

    Raises:
        NoLongerWantedError: the user is gone.
    """
    user = collection("users").find_one({"_id": context["user_id"]}, {"username": 1})
    if user is None:
        raise NoLongerWantedError("the user is gone")
    session = _session(context.get("session_id"))
    return _warning(SecurityEvent(context["event"])) | {
        "username": user["username"],
        "at": _shown(datetime.fromisoformat(context["at"])),
        "device": rules.device(session["user_agent"]) if session else None,
        "network_address": session["address"] if session else None,
    }


def warning_sample() -> dict[str, Any]:
    """Return the facts of a warning for the preview."""
    return _warning(SecurityEvent.NEW_DEVICE) | {
        "username": "ines",
        "at": "2026-01-08 12:00 UTC",
        "device": "Firefox on Linux",
        "network_address": "192.0.2.7",
    }


def _warning(event: SecurityEvent) -> dict[str, Any]:
    return WARNINGS[event]._asdict()


def _session(session_id: str | None) -> Document | None:
    if session_id is None:
        return None
    return collection("sessions").find_one({"_id": session_id}, {"user_agent": 1, "address": 1})


def _is_anothers(address: str, user: Document) -> bool:
    other = collection("users").find_one({"email": address}, {"_id": 1})
    return other is not None and other["_id"] != user["_id"]


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
