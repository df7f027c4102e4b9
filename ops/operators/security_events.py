"""What looks like an attack: seen, and answered for. Source: HTTP contract, section 14."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from ops import clock
from ops.errors import FieldFault, NotFoundError, ValidationFailedError
from ops.mongo.collections import Document
from ops.operators.event_bodies import TYPES, EventPage, ResolveBody
from ops.security import listing, resolving
from ops.web import cursors
from ops.web.answers import Response
from ops.web.moments import Bounds, InvalidDateFormatError
from ops.web.schema import OkAnswer, ok, operation
from ops.web.views import ApiView, actor_of

TO_SEE, TO_RESOLVE = "ops.view_security", "ops.resolve_security"
HINT = "manage.py security_events"
SINCE, FILTERS = "since", ("type", "user_id", "since")
_MOMENT = {"anyOf": [{"type": "string", "format": each} for each in ("date", "date-time")]}
SHOWN = ("type", "subject", "count", "first_at", "last_at", "facts", "resolved_at", "resolved_by", "note")


class SecurityEvents(ApiView):
    """The events of the last 90 days."""

    required_permission = TO_SEE
    hint = HINT

    @operation(
        success={200: EventPage},
        errors=[InvalidDateFormatError],
        parameters=[
            OpenApiParameter("type", {"type": "string", "enum": TYPES}, description="Only of this type."),
            OpenApiParameter("user_id", str, description="Only about this user, or network address."),
            OpenApiParameter(SINCE, _MOMENT, description="Only what went on then, or later."),
            *cursors.PARAMETERS,
        ],
    )
    def get(self, request: Request) -> Response:
        """Return a page of events, those first that went on last."""
        sent = {name: request.query_params.get(name) for name in FILTERS}
        if sent["type"] is not None and sent["type"] not in TYPES:
            message = f"Possible: {', '.join(TYPES)}."
            raise ValidationFailedError([FieldFault("query.type", "invalid_choice", message)])
        bounds = Bounds(request)
        since = bounds.first(SINCE)
        bounds.require()
        paging = cursors.asked(request, actor_of(request), "security_events", sent)
        page = listing.page(paging.part, kind=sent["type"], subject=sent["user_id"], since=since)
        return Response(paging.body(page, [_told(each) for each in page.rows]))


class ResolveSecurityEvent(ApiView):
    """One event."""

    required_permission = TO_RESOLVE
    limited_as = "operator_write"
    hint = HINT

    @operation(request=ResolveBody, success={200: OkAnswer}, errors=[NotFoundError])
    def post(self, request: Request, event_id: str) -> Response:
        """Say that it was looked at, and what came of it; the first who says so is on record."""
        note = self.body(ResolveBody)["note"]
        done = resolving.resolve(event_id, actor=actor_of(request), now=clock.now(), reason=note)
        return Response(ok("The event is resolved." if done else "The event was resolved before."))


def _told(event: Document) -> dict[str, Any]:
    return {"event_id": event["_id"], **{name: event[name] for name in SHOWN}}
