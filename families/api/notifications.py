"""What the caller was told, marking it as read, and what they prefer. Source: HTTP contract, section 12."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from rest_framework.request import Request

from families import notices, queries
from families.actions import preferring, reading
from families.api.notification_bodies import (
    STATUSES,
    AllMarkedAnswer,
    MarkedAnswer,
    MarkReadBody,
    NotificationPage,
    PreferencesAnswer,
    PreferencesBody,
)
from families.errors import (
    EmptyNotificationListError,
    FamilyNotFoundError,
    InvalidPreferencesError,
    TooManyNotificationsError,
)
from ops import clock
from ops.actors import Actor, Scope
from ops.errors import PreconditionFailedError
from ops.mongo.collections import Document
from ops.notices import inbox, words
from ops.web import cursors, etags, filters
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of

PAGE_PARAMETERS = [*filters.parameters(STATUSES), *cursors.PARAMETERS]
PAGE_ERROR = filters.InvalidStatusFilterError
LIST_ERRORS = (EmptyNotificationListError, TooManyNotificationsError)
# Of a type that this release does not know, or knows with other words.
UNTELLABLE = ("Notification", "There is something new for you.")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FamilyNotifications(ApiView):
    """The caller's notifications of a family."""

    @operation(
        success={200: NotificationPage}, errors=[FamilyNotFoundError, PAGE_ERROR], parameters=PAGE_PARAMETERS
    )
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page, newest first; archived ones only where they are asked for."""
        return _page(request, family_id)


class Notifications(ApiView):
    """All of the caller's notifications."""

    @operation(success={200: NotificationPage}, errors=[PAGE_ERROR], parameters=PAGE_PARAMETERS)
    def get(self, request: Request) -> Response:
        """Return a page, of all families and personal ones; archived ones only where they are asked for."""
        return _page(request, None)


class MarkFamilyRead(ApiView):
    """Some of the caller's notifications of a family."""

    limited_as = "notifications_mark"
    scope = Scope.FAMILIES

    @operation(request=MarkReadBody, success={200: MarkedAnswer}, errors=[FamilyNotFoundError, *LIST_ERRORS])
    def post(self, request: Request, family_id: str) -> Response:
        """Mark them as read; those that are none of the caller's in this family are left out."""
        return _marked(request, self.body(MarkReadBody), family_id)


class MarkRead(ApiView):
    """Some of the caller's notifications."""

    limited_as = "notifications_mark"
    scope = Scope.FAMILIES

    @operation(request=MarkReadBody, success={200: MarkedAnswer}, errors=LIST_ERRORS)
    def post(self, request: Request) -> Response:
        """Mark them as read; those that are none of the caller's are left out."""
        return _marked(request, self.body(MarkReadBody), None)


class MarkAllFamilyRead(ApiView):
    """All of the caller's notifications of a family."""

    limited_as = "notifications_mark"
    scope = Scope.FAMILIES

    @operation(success={200: AllMarkedAnswer}, errors=[FamilyNotFoundError])
    def post(self, request: Request, family_id: str) -> Response:
        """Mark as read what there is by now; what comes meanwhile stays unread."""
        return _all_marked(request, family_id)


class MarkAllRead(ApiView):
    """All of the caller's notifications."""

    limited_as = "notifications_mark"
    scope = Scope.FAMILIES

    @operation(success={200: AllMarkedAnswer})
    def post(self, request: Request) -> Response:
        """Mark as read what there is by now; what comes meanwhile stays unread."""
        return _all_marked(request, None)


class NotificationPreferences(ApiView):
    """What the caller prefers to be told, and how."""

    limited_as = {"PUT": "preferences_update"}
    scope = Scope.FAMILIES

    @operation(success={200: PreferencesAnswer}, etag=True)
    def get(self, request: Request) -> Response:
        """Return the preferences, and which ways are really active."""
        actor = actor_of(request)
        shown = _shown_of(actor, queries.notice_preferences(actor))
        return etags.answer(request, lambda: shown.body, shown.etag)

    @operation(
        request=PreferencesBody,
        success={200: PreferencesAnswer},
        errors=[InvalidPreferencesError, PreconditionFailedError],
        etag=True,
    )
    def put(self, request: Request) -> Response:
        """Change what was sent; the rest stays."""
        actor = actor_of(request)
        stored = preferring.change(
            self.body(PreferencesBody),
            actor=actor,
            now=clock.now(),
            only_if=lambda stored: etags.require_match(request, _shown_of(actor, stored).etag),
        )
        shown = _shown_of(actor, stored)
        return Response(shown.body, headers={"ETag": shown.etag})


class _Shown(NamedTuple):
    body: dict[str, Any]
    etag: str


def _page(request: Request, family_id: str | None) -> Response:
    actor = actor_of(request)
    status = filters.status(request, STATUSES)
    paging = cursors.asked(request, actor, "notifications", {"family_id": family_id, "status": status})
    if family_id is not None:
        queries.family_visible_to(actor, family_id)
    statuses = [status] if status else inbox.SHOWN
    page = inbox.page(actor.user_id, paging.part, family_id=family_id, statuses=statuses)
    unread = inbox.unread_count(actor.user_id, family_id=family_id)
    return Response(paging.body(page, [_notification(each) for each in page.rows]) | {"unread_count": unread})


def _marked(request: Request, body: dict[str, Any], family_id: str | None) -> Response:
    marked = reading.mark_read(
        body["notification_ids"], actor=actor_of(request), now=clock.now(), family_id=family_id
    )
    answer = ok("The notifications are marked as read.")
    return Response(answer | {"marked_count": len(marked), "updated_notifications": marked})


def _all_marked(request: Request, family_id: str | None) -> Response:
    marked = reading.mark_all_read(actor=actor_of(request), now=clock.now(), family_id=family_id)
    return Response(ok("All notifications are marked as read.") | {"marked_count": marked})


def _notification(notice: Document) -> dict[str, Any]:
    try:
        title, message = words(notice["type"], notice["data"])
    except KeyError:
        title, message = UNTELLABLE
    return {
        "notification_id": notice["_id"],
        "family_id": notice["family_id"],
        "type": notice["type"],
        "title": title,
        "message": message,
        "data": notice["data"],
        "status": notice["status"],
        "is_read": notice["read_at"] is not None,
        "created_at": notice["created_at"],
        "read_at": notice["read_at"],
    }


def _shown_of(actor: Actor, stored: Document) -> _Shown:
    """Return the answer and its tag: what counts for ``If-Match`` stands before the first dot."""
    unread, checked = inbox.unread_count(actor.user_id), inbox.last_checked(actor.user_id)
    body = {
        "preferences": {**notices.wishes(stored), "kinds": notices.chosen_kinds(stored)},
        "channels": {
            "in_app": True,
            "email": settings.MAIL_SERVER is not None or settings.MAIL_INBOX,
            "push": False,
            "sms": False,
        },
        "unread_count": unread,
        "last_checked": checked,
    }
    since = (checked - EPOCH) // timedelta(milliseconds=1) if checked else 0
    return _Shown(body, f'"{stored.get("version", 0)}.{unread}.{since}"')
