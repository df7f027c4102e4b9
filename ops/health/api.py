"""``/health``, ``/health/live``, ``/health/ready``. Source: HTTP contract, section 14."""

import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pymongo
from django.conf import settings
from pymongo.errors import PyMongoError
from rest_framework import serializers
from rest_framework.request import Request

from ops.actors import ANY_STAFF, Actor
from ops.addresses import LOOPBACK
from ops.deployments import release
from ops.errors import DatabaseUnavailableError, DomainError, ServiceUnavailableError
from ops.health import components
from ops.health.components import Health as State
from ops.health.readiness import readiness
from ops.limits.table import HEALTH_PROBE
from ops.web.answers import Response
from ops.web.problems import CONTENT_TYPE, ProblemAnswer, document
from ops.web.schema import OperationSchema, operation
from ops.web.views import ApiView

# What proxies add. One that adds none of them would make its callers local; ours adds three.
FORWARDING = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_")
SIGN_IN_SECONDS = 0.3
TAGS = ("health",)
_started = time.monotonic()


class ComponentAnswer(serializers.Serializer[Any]):
    """A part; all but its state only for staff, and for a direct call on loopback."""

    status = serializers.ChoiceField(choices=["healthy", "unhealthy"])
    latency_ms = serializers.FloatField(required=False)
    detail = serializers.CharField(required=False, allow_null=True)
    last_ok_at = serializers.DateTimeField(required=False, allow_null=True)


class DeploymentAnswer(serializers.Serializer[Any]):
    """What runs: the commit it was made from, and when the release was made; a checkout has no such time."""

    commit = serializers.CharField(allow_null=True)
    built_at = serializers.DateTimeField(allow_null=True)


class HealthAnswer(serializers.Serializer[Any]):
    """How the system is."""

    status = serializers.ChoiceField(choices=["healthy", "degraded"])
    version = serializers.CharField()
    uptime_seconds = serializers.IntegerField()
    timestamp = serializers.DateTimeField()
    deployment = DeploymentAnswer(required=False, help_text="With the details only.")
    components = serializers.DictField(child=ComponentAnswer())


class LiveAnswer(serializers.Serializer[Any]):
    """The process answers."""

    status = serializers.ChoiceField(choices=["alive"])


class ReadyAnswer(serializers.Serializer[Any]):
    """Whether requests should be sent here."""

    status = serializers.ChoiceField(choices=["ready"])
    components = serializers.DictField(child=ComponentAnswer())


class UnfitHealthAnswer(ProblemAnswer):
    """A report and a refusal in one: the error shape, with the report's members and its ``status``."""

    status = serializers.ChoiceField(choices=["unhealthy"])  # type: ignore[assignment]  # a word, as said above
    version = serializers.CharField()
    uptime_seconds = serializers.IntegerField()
    timestamp = serializers.DateTimeField()
    deployment = DeploymentAnswer(required=False, help_text="With the details only.")
    components = serializers.DictField(child=ComponentAnswer())


class UnreadyAnswer(ProblemAnswer):
    """The same of readiness."""

    status = serializers.ChoiceField(choices=["not_ready"])  # type: ignore[assignment]  # as above
    components = serializers.DictField(child=ComponentAnswer())


class ReportSchema(OperationSchema):
    """Says that a 503 is the view's ``unfit`` report, or a plain refusal when it could not be asked."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        view: Any = self.view
        code = str(int(HTTPStatus.SERVICE_UNAVAILABLE))
        report = self._get_response_for_code(  # type: ignore[no-untyped-call]  # drf-spectacular's
            view.unfit, code, [CONTENT_TYPE], direction
        )
        refusal = bodies[code]["content"][CONTENT_TYPE]
        refusal["schema"] = {"oneOf": [report["content"][CONTENT_TYPE]["schema"], refusal["schema"]]}
        return bodies


class Health(ApiView):
    """How is it?"""

    limited_as = HEALTH_PROBE
    open_to_blocked = True
    public = True
    schema = ReportSchema()
    unfit = UnfitHealthAnswer
    tells_details = True

    @operation(success={200: HealthAnswer}, tags=TAGS)
    def get(self, request: Request) -> Response:
        """Return the state of the whole and of each part: 200 also when degraded, 503 when unhealthy."""
        findings = components.prober.findings()
        state = components.overall(findings)
        in_detail = self.tells_details and _may_see_details(request)
        body = {
            "status": str(state),
            "version": settings.VERSION,
            "uptime_seconds": int(time.monotonic() - _started),
            "timestamp": datetime.now(UTC),
            **({"deployment": _deployment()} if in_detail else {}),
            "components": components.described(findings, in_detail=in_detail),
        }
        return (
            unfit(request, DatabaseUnavailableError(), body) if state == State.UNHEALTHY else Response(body)
        )


class BareHealth(Health):
    """How is it? Without details, ever."""

    limited_as = HEALTH_PROBE
    tells_details = False


class Live(ApiView):
    """Does the process answer?"""

    limited_as = HEALTH_PROBE
    open_to_blocked = True
    public = True

    @operation(success={200: LiveAnswer}, tags=TAGS)
    def get(self, request: Request) -> Response:  # noqa: ARG002  # it asks nothing and nobody
        """Return that it lives; touches no dependency."""
        return Response({"status": "alive"})


class Ready(ApiView):
    """Should requests be sent here?"""

    limited_as = HEALTH_PROBE
    open_to_blocked = True
    public = True
    schema = ReportSchema()
    unfit = UnreadyAnswer

    @operation(success={200: ReadyAnswer}, tags=TAGS)
    def get(self, request: Request) -> Response:
        """Return 200 if requests should be sent here, else 503 and why."""
        findings = components.prober.findings()
        obstacles = readiness.obstacles(findings)
        parts = components.described(findings, in_detail=False)
        if not obstacles:
            return Response({"status": "ready", "components": parts})
        refusal = ServiceUnavailableError("This process should not be sent requests right now.")
        refusal.details = {"obstacles": obstacles}
        return unfit(request, refusal, {"status": "not_ready", "components": parts})


def unfit(request: Request, refusal: DomainError, body: dict[str, Any]) -> Response:
    """Return a 503 that is both the report and a refusal in the one error shape.

    Its ``status`` is the report's word: RFC 9457, section 3.1, has readers ignore a status of another type.
    """
    shape = document(refusal, request_id=request.request_id)  # type: ignore[attr-defined]  # the middleware's
    return Response(
        shape | body,
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        content_type=CONTENT_TYPE,
        headers={"Retry-After": str(refusal.retry_after)},
    )


def _deployment() -> dict[str, Any]:
    running = release.current()
    return {"commit": running.commit, "built_at": running.built_at}


def _may_see_details(request: Request) -> bool:
    """Tell whether this is staff, or somebody on the machine itself and not through a proxy on it."""
    forwarded = any(name.startswith(FORWARDING) for name in request.META)
    if request.META.get("REMOTE_ADDR") in LOOPBACK and not forwarded:
        return True
    return _is_staff(request)


def _is_staff(request: Request) -> bool:
    """Look at credentials, if there are any; a store that is away makes nobody staff, and nothing slow."""
    if "HTTP_AUTHORIZATION" not in request.META:
        return False
    try:
        with pymongo.timeout(SIGN_IN_SECONDS):
            found = [each().authenticate(request) for each in Health.authentication_classes]
    except (DomainError, PyMongoError):
        return False
    actors = [user for user, _ in filter(None, found)]
    return any(isinstance(actor, Actor) and actor.may(ANY_STAFF) for actor in actors)
