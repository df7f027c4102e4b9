"""The mail of a notice: it says what the notice says, read by its id when the mail is rendered."""

from typing import Any

from django.conf import settings

from ops.mongo.collections import collection
from ops.notices import kinds
from ops.notices.kinds import Way
from ops.outbox.queue import Letter
from ops.outbox.templates import Context, NoLongerWantedError, Template, register

NAME = "notice"
# Where people come to who have no app of their own to look into.
ENTRANCE = "/welcome"
SAMPLE = {
    "title": "Invitation accepted",
    "message": "omar has joined The Otters.",
    "page_url": "https://app.families.example.com",
    "is_fixed": False,
}


def letter(notice_id: str, *, to: str) -> Letter:
    """Return the mail of a notice, to be queued with it."""
    return Letter(NAME, to=to, context={"notification_id": notice_id}, key=f"{NAME}:{notice_id}")


def enter() -> None:
    """Register the template."""
    register(Template(NAME, "{title}", _facts, SAMPLE))


def _facts(context: Context) -> dict[str, Any]:
    """Return what the mail shows.

    Raises:
        NoLongerWantedError: the notice is gone.
    """
    notice = collection("notifications").find_one({"_id": context["notification_id"]})
    if notice is None:
        raise NoLongerWantedError("the notice is gone")
    kind = kinds.named(notice["type"])
    title, message = kind.words(notice["data"])
    return {
        "title": title,
        "message": message,
        "page_url": _app() or f"{settings.PUBLIC_URL}{ENTRANCE}",
        "is_fixed": kind.ways[Way.EMAIL].fixed,
    }


def _app() -> str:
    """Return the address of the app that people are sent on to; empty: none is set."""
    return "" if settings.APP_URL == settings.PUBLIC_URL else settings.APP_URL
