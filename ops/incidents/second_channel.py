"""The second channel: a webhook, for a program that calls people or shows them what is said, without mail.

A call is a POST of JSON, signed as all webhooks are: ``X-SBD-Signature: t=<unix>,v1=<hex>``, the HMAC-SHA256
of ``<t>.<body>``. ``X-SBD-Delivery`` names what is told: at least once, the same each time. Any 2xx takes it;
no redirect is followed. Source: HTTP contract, section 16 (delivery).
"""

import functools
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from ops.contacts.people import Contact
from ops.incidents import wording
from ops.mongo.collections import Document

if TYPE_CHECKING:
    import httpx

SECONDS = 5.0
SIGNATURE, DELIVERY = "X-SBD-Signature", "X-SBD-Delivery"


class Webhook(Protocol):
    """Where to, and what its calls are signed with."""

    @property
    def url(self) -> str:
        """The address."""

    @property
    def secret(self) -> str:
        """The key of the signatures."""


class RefusedError(Exception):
    """It answered, and did not take it; the text holds no address."""


class UnreachableError(Exception):
    """It gave no answer in time; the text holds no address."""


def said(page: Document, incident: Document, contact: Contact, now: datetime) -> dict[str, Any]:
    """Return what is posted."""
    about = wording.about(incident)
    return {
        "text": wording.line(page, incident, contact),
        "incident": {
            "id": incident["_id"],
            **{name: incident[name] for name in ("severity", "kind", "state", "level")},
            **({"title": about.title} if about.title else {}),
            "link": about.link,
        },
        "to": {
            "name": contact.name,
            "title": contact.title,
            "telephone": contact.telephone,
            "mail": contact.mail,
        },
        "sent_at": now.isoformat(),
    }


def post(webhook: Webhook, delivery: str, what: Mapping[str, Any], *, now: datetime) -> None:
    """Post it, signed.

    Raises:
        RefusedError: it answered otherwise than by 2xx.
        UnreachableError: no answer within ``SECONDS``.
    """
    import httpx  # noqa: PLC0415  # only who posts needs it, and it takes long to load

    body = json.dumps(what, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        SIGNATURE: signature(webhook.secret, body, now),
        DELIVERY: delivery,
    }
    try:
        # What it says beside is not read: nothing depends on it, and it might have no end.
        with _client().stream("POST", webhook.url, content=body, headers=headers) as answer:
            if not answer.is_success:
                raise RefusedError(f"it answered {answer.status_code}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(type(error).__name__) from None  # its text may hold the address


def signature(secret: str, body: bytes, now: datetime) -> str:
    """Return the value of the header that shows who posts, and when."""
    moment = int(now.timestamp())
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={mac.hexdigest()}"


@functools.cache
def _client() -> "httpx.Client":
    """One, since it keeps the trusted certificates, which take long to read; and no connection."""
    import logging  # noqa: PLC0415  # as below

    import httpx  # noqa: PLC0415  # as in ``post``

    for library in ("httpx", "httpcore"):  # they would tell the address of every call
        logging.getLogger(library).setLevel(logging.WARNING)
    return httpx.Client(
        timeout=SECONDS,
        follow_redirects=False,
        headers={"User-Agent": "family-management-system"},
        limits=httpx.Limits(max_keepalive_connections=0),
    )
