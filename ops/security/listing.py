"""Security events, read page by page: those that went on last come first."""

from datetime import datetime
from typing import Any

from ops import paging
from ops.models.security_event import BY_BOTH, BY_SUBJECT, BY_TIME, BY_TYPE
from ops.paging import Page, Part
from ops.security.recording import NAME

_BY = {(False, False): BY_TIME, (False, True): BY_TYPE, (True, False): BY_SUBJECT, (True, True): BY_BOTH}


def page(
    part: Part, *, kind: str | None = None, subject: str | None = None, since: datetime | None = None
) -> Page:
    """Return a page. One look.

    Args:
        part: what part of the list.
        kind: only those of this type.
        subject: only those about this user or address.
        since: only those that went on then, or later.
    """
    asked = {"subject": subject, "type": kind}
    query: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if since is not None:
        query["last_at"] = {"$gte": since}
    return paging.read(NAME, _BY[subject is not None, kind is not None], query, part, by="last_at")
