"""Putting a mail into the outbox.

Source: HTTP contract, section 18 (rule 18); design, section 6.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from ops import origin
from ops.ids import new_id
from ops.models.outbox import MailStatus
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import is_open
from ops.outbox import sealing


class Letter(NamedTuple):
    """A mail to be queued.

    Attributes:
        template: name of a registered template.
        to: the address.
        context: ids of what the template finds its facts by when the mail is rendered.
        key: names the one mail of this change, at most 128 characters; two of one key break the unit.
        secrets: what the template is given beside its context; sealed until the mail was sent, then gone.
    """

    template: str
    to: str
    context: Mapping[str, str]
    key: str
    secrets: Mapping[str, str] = MappingProxyType({})


def queue(template: str, *, to: str, context: Mapping[str, str], key: str, now: datetime) -> str:
    """Queue one mail, in the unit of the change that it tells of; returns its id.

    Args:
        template, to, context, key: as in ``Letter``.
        now: time of the change.

    Raises:
        RuntimeError: no unit of work is open, so the mail could leave without its change.
    """
    (mail_id,) = queue_each([Letter(template, to, context, key)], now=now)
    return mail_id


def queue_each(letters: Sequence[Letter], *, now: datetime) -> list[str]:
    """Queue mails in one command, in the unit of the change that they tell of; returns their ids.

    Raises:
        RuntimeError: no unit of work is open, so the mails could leave without their change.
    """
    if not letters:
        return []
    if not is_open():
        msg = f"{letters[0].template}: a mail belongs in the unit of work of its change"
        raise RuntimeError(msg)
    mails = [_mail(each, now) for each in letters]
    collection("email_outbox").insert(*mails)
    return [str(each["_id"]) for each in mails]


def message_id(mail_id: str) -> str:
    """Return the Message-ID of a mail: the same at every attempt, so that its reader is shown it once."""
    return f"<{mail_id}@{urlsplit(settings.PUBLIC_URL).hostname}>"


def _mail(letter: Letter, now: datetime) -> Document:
    mail_id = new_id("mail")
    return {
        "_id": mail_id,
        "v": 1,
        "key": letter.key,
        "to": letter.to,
        "template": letter.template,
        "context": {**letter.context, **sealing.closed(letter.secrets, key=letter.key)},
        "message_id": message_id(mail_id),
        "status": str(MailStatus.QUEUED),
        "attempts": 0,
        "next_attempt_at": now,
        "lease_until": None,
        "fault": None,
        "created_at": now,
        "sent_at": None,
        "request_id": origin.request_id(),
    }
