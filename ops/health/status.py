"""The state of each part, for staff; and a look anew. Source: HTTP contract, section 14."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from ops import clock
from ops.actors import ANY_STAFF
from ops.errors import DatabaseUnavailableError
from ops.health import checking, components
from ops.health.api import TAGS, ComponentAnswer, ReportSchema, unfit
from ops.health.components import Finding, Health
from ops.web.answers import Response
from ops.web.problems import ProblemAnswer
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of

TO_SEE = "ops.view_health"
HINT = "manage.py doctor"


class PartsSummaryAnswer(serializers.Serializer[Any]):
    """How many parts there are, and in which state."""

    total_components = serializers.IntegerField(min_value=0)
    healthy_components = serializers.IntegerField(min_value=0)
    unhealthy_components = serializers.IntegerField(min_value=0)


class PartsAnswer(serializers.Serializer[Any]):
    """Each part with its details."""

    status = serializers.ChoiceField(choices=["healthy", "degraded"])
    timestamp = serializers.DateTimeField()
    components = serializers.DictField(child=ComponentAnswer())
    summary = PartsSummaryAnswer()


class CheckedPartsAnswer(PartsAnswer):
    """The same, and who has asked for it when."""

    triggered_by = serializers.CharField()
    triggered_at = serializers.DateTimeField()


class UnfitPartsAnswer(ProblemAnswer):
    """The report of an unhealthy system, in the one error shape."""

    status = serializers.ChoiceField(choices=["unhealthy"])  # type: ignore[assignment]  # as in `ops.health.api`
    timestamp = serializers.DateTimeField()
    components = serializers.DictField(child=ComponentAnswer())
    summary = PartsSummaryAnswer()


class UnfitCheckedPartsAnswer(UnfitPartsAnswer):
    """The same of a check."""

    triggered_by = serializers.CharField()
    triggered_at = serializers.DateTimeField()


class Status(ApiView):
    """How is each part?"""

    required_permission = TO_SEE
    hint = HINT
    schema = ReportSchema()
    unfit = UnfitPartsAnswer

    @operation(success={200: PartsAnswer}, tags=TAGS)
    def get(self, request: Request) -> Response:
        """Return every part's state, latency and fault: 200 also when degraded, 503 when unhealthy."""
        return _answer(request, components.prober.findings(), {})


class Check(ApiView):
    """A look at every part, now."""

    required_permission = ANY_STAFF
    limited_as = "operator_write"
    hint = HINT
    schema = ReportSchema()
    unfit = UnfitCheckedPartsAnswer

    @operation(success={200: CheckedPartsAnswer}, tags=TAGS)
    def post(self, request: Request) -> Response:
        """Ask every part anew; 200 also when degraded, 503 when unhealthy."""
        actor, now = actor_of(request), clock.now()
        findings = checking.check(actor=actor, now=now)
        return _answer(request, findings, {"triggered_by": actor.id, "triggered_at": now})


def _answer(request: Request, findings: Sequence[Finding], more: dict[str, Any]) -> Response:
    state = components.overall(findings)
    healthy = sum(each.fault is None for each in findings)
    body = {
        "status": str(state),
        "timestamp": datetime.now(UTC),
        "components": components.described(findings, in_detail=True),
        "summary": {
            "total_components": len(findings),
            "healthy_components": healthy,
            "unhealthy_components": len(findings) - healthy,
        },
        **more,
    }
    if state == Health.UNHEALTHY:
        return unfit(request, DatabaseUnavailableError(), body)
    return Response(body)
