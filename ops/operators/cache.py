"""POST /admin/clear-cache. Source: HTTP contract, section 14."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from ops import clock
from ops.cache.clearing import Namespace, clear
from ops.web.answers import Response
from ops.web.schema import operation
from ops.web.serializers import Choice, StrictSerializer
from ops.web.views import ApiView, actor_of

NAMESPACES = [str(each) for each in Namespace]


class ClearCacheBody(StrictSerializer):
    """What to clear; without ``namespace`` all of them."""

    namespace = Choice(choices=NAMESPACES, required=False)


class ClearedAnswer(serializers.Serializer[Any]):
    """How many keys were cleared, and in which namespaces."""

    cleared = serializers.IntegerField(min_value=0)
    namespaces = serializers.ListField(child=serializers.ChoiceField(choices=NAMESPACES))


class ClearCache(ApiView):
    """What is cached in Redis."""

    required_permission = "ops.clear_cache"
    limited_as = "operator_write"
    hint = "manage.py clear_cache"

    @operation(request=ClearCacheBody, success={200: ClearedAnswer})
    def post(self, request: Request) -> Response:
        """Clear it; sessions, limits and queues stay."""
        body = self.body(ClearCacheBody)
        chosen = [Namespace(body["namespace"])] if "namespace" in body else list(Namespace)
        cleared = clear(chosen, actor=actor_of(request), now=clock.now())
        return Response({"cleared": cleared, "namespaces": [str(each) for each in chosen]})
