"""What users are told of incidents, as a feed: an entry for each update. Source: RFC 4287."""

from datetime import datetime, time
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from ops.mongo.collections import Document

MEDIA_TYPE = "application/atom+xml"
NAME = "Family Management System"


class _Feed(Atom1Feed):
    """Django's, which would say of a feed without entries that it has just changed."""

    def __init__(self, changed_at: datetime) -> None:
        address = settings.OPERATORS_LINKS["Status page"]
        super().__init__(
            title=f"{NAME}: status",
            link=address,
            description="What users are told of incidents.",
            language="en",
            author_name=NAME,
            feed_url=f"{settings.PUBLIC_URL}/status.atom",
            feed_guid=_id_of("status"),
        )
        self._changed_at = changed_at

    def latest_post_date(self) -> datetime:
        """Return when it has changed last."""
        return self._changed_at


def made(report: Document) -> bytes:
    """Return the feed of a report, the newest entry first."""
    incidents = [*report["incidents"], *report["recent_incidents"]]
    entries = [
        (update["at"], number, incident, update)
        for incident in incidents
        for number, update in enumerate(incident["updates"], start=1)
    ]
    entries.sort(key=lambda entry: (entry[0], entry[1]), reverse=True)
    midnight = datetime.combine(report["as_of"], time(), report["as_of"].tzinfo)
    feed = _Feed(entries[0][0] if entries else midnight)
    for at, number, incident, update in entries:
        feed.add_item(
            title=f"{incident['title']}: {update['state']}",
            link=f"{settings.OPERATORS_LINKS['Status page']}#{incident['id']}",
            description=escape(update["text"]),  # a summary is HTML
            unique_id=_id_of(f"{incident['id']}:{number}"),
            pubdate=at,
            updateddate=at,
            categories=(update["state"],),
        )
    return feed.writeString("utf-8").encode()


def _id_of(what: str) -> str:
    """Return an id that stays the same for ever, wherever the page moves. Source: RFC 4151."""
    return f"tag:{urlsplit(settings.PUBLIC_URL).hostname},2026:{what}"
