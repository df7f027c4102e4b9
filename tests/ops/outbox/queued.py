"""Mails in the outbox, as tests put them there and look at them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ops import clock
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from ops.outbox.queue import queue
from tests.database import documents

CONTEXT = {"asked_by": "shell:tests", "asked_at": "2026-11-25 12:00:00 UTC"}
MINUTE = timedelta(minutes=1)


@unit_of_work()
def queued(
    *names: str,
    template: str = "test",
    context: Mapping[str, str] = CONTEXT,
    now: datetime | None = None,
) -> list[str]:
    """Queue one mail to each of these persons; returns the ids."""
    return [
        queue(
            template,
            to=f"{name}@example.com",
            context=context,
            key=f"{template}:{name}",
            now=now or clock.now(),
        )
        for name in names
    ]


def mail(mail_id: str) -> dict[str, Any]:
    """Return a mail of the outbox."""
    (found,) = (each for each in documents("email_outbox")["email_outbox"] if each["_id"] == mail_id)
    return in_utc(found)


def in_utc(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the zone that the driver leaves out of times."""
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in document.items()
    }


def known_of_server() -> dict[str, Any]:
    """Return what is written down of the mail server."""
    (found,) = (each for each in documents("email_flow")["email_flow"] if each["_id"] == "server")
    return in_utc(found)


def states() -> dict[str, tuple[str, int, str | None]]:
    """Return status, attempts and fault of each mail, by the person's name."""
    return {each["to"].partition("@")[0]: state(each) for each in documents("email_outbox")["email_outbox"]}


def state(found: Document) -> tuple[str, int, str | None]:
    """Return status, attempts and fault of a mail."""
    return found["status"], found["attempts"], found["fault"]
