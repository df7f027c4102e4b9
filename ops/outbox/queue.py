"""Putting a mail into the outbox.

Source: HTTP contract, section 18 (rule 18); design, section 6.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from ops.ids import new_id
from ops.models.outbox import MailStatus
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import is_open


def queue(template: str, *, to: str, context: Mapping[str, str], key: str, now: datetime) -> str:
    """Queue one mail, in the unit of the change that it tells of; returns its id.

    Args:
        template: name of a registered template.
        to: the address.
        context: ids of what the template finds its facts by when the mail is rendered.
        key: names the one mail of this change, at most 128 characters; two of one key break the unit.
        now: time of the change.

    Raises:
        RuntimeError: no unit of work is open, so the mail could leave without its change.
    """
    if not is_open():
        msg = f"{template}: a mail belongs in the unit of work of its change"
        raise RuntimeError(msg)
    mail_id = new_id("mail")
    mail = {
        "_id": mail_id,
        "v": 1,
        "key": key,
        "to": to,
        "template": template,
        "context": dict(context),
        "message_id": message_id(mail_id),
        "status": str(MailStatus.QUEUED),
        "attempts": 0,
        "next_attempt_at": now,
        "lease_until": None,
        "fault": None,
        "created_at": now,
        "sent_at": None,
    }
    collection("email_outbox").insert(mail)
    return mail_id


def message_id(mail_id: str) -> str:
    """Return the Message-ID of a mail: the same at every attempt, so that its reader is shown it once."""
    return f"<{mail_id}@{urlsplit(settings.PUBLIC_URL).hostname}>"
