"""``/status``, ``/status.json``, ``/status.atom``. Source: HTTP contract, section 14."""

import hashlib
import threading
import time
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ops import clock
from ops.incidents.kinds import PublicState
from ops.limits.table import HEALTH_PROBE
from ops.status import feed, looking, report
from ops.status.edition import Edition
from ops.status.knowing import Memory
from ops.status.states import State
from ops.web import browsing, etags
from ops.web.answers import JSON
from ops.web.negotiation import PAGE
from ops.web.schema import operation
from ops.web.views import ApiView

# In trouble everybody looks at once: one look at the parts serves them all.
FRESH_SECONDS = 5.0
CACHE = "public, max-age=15"
STATES = [str(each) for each in State]


class ServiceDayAnswer(serializers.Serializer[Any]):
    """A day: how many minutes were seen, and what they were; of minutes that nobody saw nothing is said."""

    date = serializers.DateField()
    seen = serializers.IntegerField(min_value=0)
    degraded = serializers.IntegerField(min_value=0)
    down = serializers.IntegerField(min_value=0)
    maintenance = serializers.IntegerField(min_value=0)


class ServicePartAnswer(serializers.Serializer[Any]):
    """A part as users know it; ``uptime_percent`` is null where no minute was seen."""

    id = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    uptime_percent = serializers.FloatField(min_value=0, max_value=100, allow_null=True)
    days = ServiceDayAnswer(many=True)


class PublicUpdateAnswer(serializers.Serializer[Any]):
    """What users were told, and when."""

    at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=[str(each) for each in PublicState])
    text = serializers.CharField()


class PublicIncidentAnswer(serializers.Serializer[Any]):
    """An incident that users are told of."""

    id = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=[str(each) for each in PublicState])
    components = serializers.ListField(child=serializers.CharField())
    started_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    updates = PublicUpdateAnswer(many=True)


class ServiceStatusAnswer(serializers.Serializer[Any]):
    """How the service is for users; ``history_as_of``: when days and incidents could be read last."""

    as_of = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=STATES)
    history_as_of = serializers.DateTimeField(allow_null=True)
    components = ServicePartAnswer(many=True)
    incidents = PublicIncidentAnswer(many=True)
    recent_incidents = PublicIncidentAnswer(many=True)


class PageRenderer(BaseRenderer):
    """Says that the page is HTML."""

    media_type = PAGE


class FeedRenderer(BaseRenderer):
    """Says that the feed is Atom."""

    media_type = feed.MEDIA_TYPE


class Latest:
    """The edition that everybody gets for a few seconds."""

    def __init__(self) -> None:
        """Begin with none."""
        self._making = threading.Lock()
        self._memory = Memory()
        self.forget()

    def forget(self) -> None:
        """Make another one for the next who asks."""
        self._edition: Edition | None = None
        self._made_at = 0.0

    def edition(self) -> Edition:
        """Return it; never fails for what is away."""
        known = self._edition
        if known is not None and time.monotonic() - self._made_at < FRESH_SECONDS:
            return known
        # While one makes another, all others get the last one: two threads answer whoever asks for health.
        if not self._making.acquire(blocking=known is None) and known is not None:
            return known
        try:
            if self._edition is None or time.monotonic() - self._made_at >= FRESH_SECONDS:
                look, now = looking.from_inside(), clock.now()
                self._edition = Edition(report.made(look, self._memory.known(now), now))
                self._made_at = time.monotonic()
            return self._edition
        finally:
            self._making.release()


latest = Latest()


class _StatusView(ApiView):
    """What the three have in common."""

    limited_as = HEALTH_PROBE
    public = True


class Page(_StatusView):
    """How is it, for people?"""

    renderer_classes = [PageRenderer]  # DRF's form

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the page."""
        answer = _answer(request, latest.edition().page, "text/html; charset=utf-8")
        answer["Content-Security-Policy"] = browsing.POLICY.format(forms_lead_to="")
        answer["Referrer-Policy"] = "same-origin"
        return answer


class Report(_StatusView):
    """How is it, for programs?"""

    @operation(success={200: ServiceStatusAnswer}, tags=("health",), etag=True)
    def get(self, request: Request) -> HttpResponse:
        """Return how each part is now and was each day of 90, and what users are told of incidents."""
        return _answer(request, latest.edition().json, JSON)


class Feed(_StatusView):
    """What are users told of incidents?"""

    renderer_classes = [FeedRenderer]  # DRF's form

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the feed."""
        return _answer(request, latest.edition().feed, f"{feed.MEDIA_TYPE}; charset=utf-8")


def _answer(request: Request, body: bytes, content_type: str) -> HttpResponse:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if etags.is_known(request, etag):
        answer = HttpResponse(status=304)
        del answer["Content-Type"]
    else:
        answer = HttpResponse(body, content_type=content_type)
    answer["ETag"], answer["Cache-Control"] = etag, CACHE
    return answer
