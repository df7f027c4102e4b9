"""Warning a user of what was done to their account, in the app and by mail."""

from datetime import datetime

from family_site.identity import emails
from family_site.identity.rules import SecurityEvent
from family_site.identity.warned import WARNINGS
from ops import notices
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work

NOTICE = "security"


@unit_of_work()
def warn(
    event: SecurityEvent, user: Document, *, change: str, now: datetime, session_id: str | None = None
) -> None:
    """Warn a user, as part of the change that it is about.

    Args:
        event: what happened.
        user: whom, with the address to which the mail goes.
        change: id of what was written of it: its audit entry, or the session.
        now: time of the change.
        session_id: from which it was done, or with which; the mail names its device.
    """
    data = {"event": str(event), "happened": WARNINGS[event].happened}
    notices.tell([user["_id"]], NOTICE, data=data, now=now)
    emails.queue_warning(event, user, change=change, session_id=session_id, now=now)
