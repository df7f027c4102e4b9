"""POST /admin/alerts: what monitoring has found becomes an incident. Source: HTTP contract, section 14."""

import hmac
from dataclasses import replace
from typing import Any, ClassVar

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from ops import clock
from ops.actors import Actor, ActorKind
from ops.errors import ConflictError, DomainError, ServiceUnavailableError
from ops.incidents import opening
from ops.mongo.collections import Document
from ops.operators.alert_bodies import AlertsAnswer, AlertsBody, alert_of
from ops.web import limiting
from ops.web.answers import Response
from ops.web.callers import anonymous
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of

TO_MANAGE, LIMIT = "ops.manage_incident", "alerts_in"
MONITORING = Actor.system("monitoring")


class MonitoringAuthentication(BaseAuthentication):
    """``Authorization: Bearer <secret>``, as Alertmanager's ``authorization`` sends it."""

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        """Return the monitoring; ``None``: it is not, and the others may look at what came."""
        scheme, _, sent = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not _is_secret(sent.strip()):
            return None
        limiting.count_address(request, LIMIT)
        # It may do this one thing as if it were staff, for this one call.
        known = replace(anonymous(request), id=MONITORING.id, name=MONITORING.name)
        return replace(known, kind=ActorKind.STAFF, permissions=frozenset({TO_MANAGE})), None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # DRF's signature
        """Name the scheme."""
        return "Bearer"


class Alerts(ApiView):
    """What the monitoring has found."""

    required_permission = TO_MANAGE
    limited_as = LIMIT
    hint = "manage.py incident"

    def get_authenticators(self) -> list[Any]:
        """Let the monitoring's own secret do, before what anybody else shows."""
        return [MonitoringAuthentication(), *super().get_authenticators()]

    @operation(request=AlertsBody, success={200: AlertsAnswer})
    def post(self, request: Request) -> Response:
        """Open the incidents that alerts are about, or enter the alerts in those that are open.

        The body is Alertmanager's (version 4), and its secret (`MONITORING_SECRET`) comes as a bearer token.
        The same alert again changes nothing. 200 means that all of them are kept; after a 503 or a 429
        Alertmanager sends them again.
        """
        body, actor = self.body(AlertsBody), actor_of(request)
        if actor.id == MONITORING.id:
            actor = replace(actor, kind=ActorKind.SYSTEM, permissions=frozenset())
        alerts = [alert_of(each) for each in body["alerts"]]
        try:
            taken = opening.take_alerts(alerts, actor=actor, now=clock.now())
        except ConflictError:  # what it sends again at once is only what was answered by a 5xx
            raise ServiceUnavailableError from None
        return Response({"incidents": [_told(each) for each in taken]})


def _is_secret(sent: str) -> bool:
    """Tell whether it is one of the monitoring's; all are compared, so that the time tells nothing."""
    found = [hmac.compare_digest(sent.encode(), each.encode()) for each in settings.MONITORING_SECRETS]
    return any(found)


def _told(incident: Document) -> dict[str, Any]:
    told = {name: incident[name] for name in ("state", "severity", "kind", "title", "opened_at")}
    return {"incident_id": incident["_id"], **told}
