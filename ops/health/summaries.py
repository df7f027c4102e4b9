"""Figures, error rates and latencies as JSON; Prometheus has a port of its own.

Source: HTTP contract, section 14.
"""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from ops import clock
from ops.actors import ANY_STAFF
from ops.health import figures, traffic
from ops.health.api import TAGS
from ops.web.answers import Response
from ops.web.schema import operation
from ops.web.views import ApiView

HINT = "curl -s http://localhost:9090/metrics"
P50, P95, P99 = 0.5, 0.95, 0.99


class RequestFiguresAnswer(serializers.Serializer[Any]):
    """Requests that were answered since the start, and the shares of those that failed."""

    total = serializers.IntegerField(min_value=0)
    client_errors = serializers.IntegerField(min_value=0)
    server_errors = serializers.IntegerField(min_value=0)
    client_error_ratio = serializers.FloatField(min_value=0, max_value=1)
    server_error_ratio = serializers.FloatField(min_value=0, max_value=1)


class FiguresAnswer(serializers.Serializer[Any]):
    """Figures of the whole system, counted once a minute; null: too many to count while somebody waits."""

    as_of = serializers.DateTimeField()
    counts = serializers.DictField(child=serializers.IntegerField(allow_null=True))
    requests = RequestFiguresAnswer()


class LatencyAnswer(serializers.Serializer[Any]):
    """How long the answers of a route took."""

    route = serializers.CharField()
    count = serializers.IntegerField(min_value=1)
    p50_ms = serializers.FloatField()
    p95_ms = serializers.FloatField()
    p99_ms = serializers.FloatField()


class LatenciesAnswer(serializers.Serializer[Any]):
    """Latencies since the start, the most asked for route first."""

    timestamp = serializers.DateTimeField()
    routes = LatencyAnswer(many=True)


class Metrics(ApiView):
    """How much there is of everything."""

    required_permission = ANY_STAFF
    hint = HINT

    @operation(success={200: FiguresAnswer}, tags=TAGS)
    def get(self, request: Request) -> Response:  # noqa: ARG002  # everybody who may gets the same
        """Return counts, token totals and error rates."""
        read = figures.reading(clock.now())
        seen = traffic.answered(traffic.collected())
        requests = {
            **seen._asdict(),
            "client_error_ratio": _share(seen.client_errors, seen.total),
            "server_error_ratio": _share(seen.server_errors, seen.total),
        }
        return Response({"as_of": read.as_of, "counts": read.figures, "requests": requests})


class Performance(ApiView):
    """How long answers take."""

    required_permission = ANY_STAFF
    hint = HINT

    @operation(success={200: LatenciesAnswer}, tags=TAGS)
    def get(self, request: Request) -> Response:  # noqa: ARG002  # everybody who may gets the same
        """Return the latencies of each route."""
        routes = [_told(each) for each in traffic.latencies(traffic.collected(), (P50, P95, P99))]
        return Response({"timestamp": datetime.now(UTC), "routes": routes})


def _told(latency: traffic.Latency) -> dict[str, Any]:
    p50, p95, p99 = (round(latency.seconds[share] * 1000, 2) for share in (P50, P95, P99))
    return {
        "route": latency.route,
        "count": latency.requests,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
    }


def _share(some: int, total: int) -> float:
    return round(some / total, 4) if total else 0.0
