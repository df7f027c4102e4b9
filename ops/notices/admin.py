"""Notices in the console: what somebody was told in the app, what was told about a family."""

from collections.abc import Sequence
from typing import Any

from ops.console import jumps, references
from ops.console.showing import NOTHING, Table, when
from ops.models.notification import NoticeStatus
from ops.mongo.collections import Document, collection
from ops.notices import inbox, words
from ops.paging import Part

SHOWN = 10
EVERY = [str(each) for each in NoticeStatus]
COLUMNS = ("time", "to", "notice", "about", "status")


def of_user(user: Any) -> Table:
    """Return the newest notices to somebody, as a table of their page."""
    return _table(inbox.page(user.pk, Part(SHOWN), statuses=EVERY).rows)


def of_family(family: Any) -> Table:
    """Return the newest notices about a family, as a table of its page."""
    newest_first = [("created_at", -1)]
    return _table(collection("notifications").find({"family_id": family.pk}, sort=newest_first, limit=SHOWN))


def _table(notices: Sequence[Document]) -> Table:
    links = references.resolve(each[name] for each in notices for name in ("user_id", "family_id"))
    rows = [
        (
            when(each["created_at"]),
            links.get(each["user_id"], each["user_id"]),
            words(each["type"], each["data"])[0],
            links.get(each["family_id"], each["family_id"]) or NOTHING,
            each["status"],
        )
        for each in notices
    ]
    return Table("Latest notices", COLUMNS, rows)


def _page_of_person(notice_id: str) -> str | None:
    """Return the page of whoever got a notice: their page shows the newest."""
    found = collection("notifications").find_one({"_id": notice_id}, {"user_id": 1})
    return references.address_of(found["user_id"]) if found else None


jumps.register("ntf_", "ops.view_notification", _page_of_person)
