"""Rate limits: seen, overridden for a time, and counters cleared. Source: HTTP contract, section 14."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter
from redis.exceptions import RedisError
from rest_framework.request import Request

from ops import clock
from ops.actors import ANY_STAFF
from ops.errors import (
    FieldFault,
    ServiceUnavailableError,
    ValidationFailedError,
)
from ops.limits import counters, overrides, overriding
from ops.limits.counters import Counter
from ops.limits.overrides import Override
from ops.limits.overriding import Wanted
from ops.limits.table import LIMITS
from ops.operators.rate_limit_bodies import LimitsRemoved, OverrideAnswer, OverrideBody, RateLimitsAnswer
from ops.web.answers import Response
from ops.web.moments import moment_of
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of, require_right

TO_CHANGE, TO_CLEAR = "ops.change_limits", "ops.clear_counters"
SIGN_IN = "login"


class RateLimits(ApiView):
    """The limits of all operations."""

    required_permission: ClassVar[Mapping[str, str]] = {
        "GET": ANY_STAFF,
        "POST": TO_CHANGE,
        "DELETE": ANY_STAFF,
    }
    limited_as: ClassVar[Mapping[str, str]] = {"POST": "operator_write", "DELETE": "operator_write"}
    kept_as = "rate_limit_override"
    hint = "manage.py limits"

    @operation(
        success={200: RateLimitsAnswer},
        parameters=[OpenApiParameter("user_id", str, description="Whose counters to tell, too.")],
    )
    def get(self, request: Request) -> Response:
        """Return the table, the overrides that hold, and somebody's counters."""
        user_id = request.query_params.get("user_id")
        answer: dict[str, Any] = {
            "operations": [_row(each.operation) for each in LIMITS.values()],
            "overrides": [_told(each) for each in overrides.stored(clock.now())],
        }
        if user_id is not None:
            answer["counters"] = _counters_of(user_id)
        return Response(answer)

    @operation(request=OverrideBody, success={200: OverrideAnswer})
    def post(self, request: Request) -> Response:
        """Let a limit hold for a time in place of the table's; it ends by itself."""
        body = self.body(OverrideBody)
        wanted = Wanted(
            body["endpoint"],
            body["limit"],
            body["window"],
            moment_of(body["until"]) if "until" in body else None,
            body.get("reason"),
        )
        made = _told(overriding.set_override(wanted, actor=actor_of(request), now=clock.now()))
        answer = {name: made[name] for name in ("endpoint", "limit", "window", "until", "by")}
        return Response(answer | {"operations": [made["operation"]]})

    @operation(
        success={200: LimitsRemoved},
        parameters=[
            OpenApiParameter(
                "endpoint",
                {"type": "string", "format": "endpoint"},
                description="Whose override ends; as it was named, or by another word for the operation.",
            ),
            OpenApiParameter("user_id", str, description="Whose counters go, in place of an override."),
            OpenApiParameter(
                "scope",
                {"type": "string", "enum": [SIGN_IN]},
                description="With user_id: the counters of signing in go, too.",
            ),
        ],
    )
    def delete(self, request: Request) -> Response:
        """End an override, so that the table holds again; or let a user begin to count anew."""
        sent, actor = request.query_params, actor_of(request)
        _require_one_thing(sent.dict())
        require_right(actor, TO_CHANGE if "endpoint" in sent else TO_CLEAR)
        if "endpoint" in sent:
            removed = int(overriding.remove_override(sent["endpoint"], actor=actor, now=clock.now()))
        else:
            removed = overriding.clear_counters(
                sent["user_id"], actor=actor, now=clock.now(), sign_in="scope" in sent
            )
        return Response({"removed": removed})


def _require_one_thing(sent: dict[str, str]) -> None:
    faults = []
    if "endpoint" in sent and "user_id" in sent:
        faults.append(FieldFault("query.user_id", "not_allowed", "Send either endpoint or user_id."))
    if not sent.get("endpoint") and not sent.get("user_id"):
        faults.append(FieldFault("query.endpoint", "required", "Send endpoint or user_id."))
    if sent.get("scope", SIGN_IN) != SIGN_IN:
        faults.append(FieldFault("query.scope", "invalid_choice", f"Possible: {SIGN_IN}."))
    if "scope" in sent and "user_id" not in sent:
        faults.append(FieldFault("query.scope", "not_allowed", "It says something of counters only."))
    if faults:
        raise ValidationFailedError(faults)


def _counters_of(user_id: str) -> list[dict[str, Any]]:
    try:
        return [_count(each) for each in counters.of_user(user_id)]
    except RedisError as error:
        raise ServiceUnavailableError("Redis, which holds the counters, cannot be reached.") from error


def _row(operation: str) -> dict[str, Any]:
    limit = LIMITS[operation]
    return {"operation": operation, "limit": limit.most, "window": limit.window, "key": str(limit.key)}


def _told(override: Override) -> dict[str, Any]:
    fields = override._asdict()
    return {"limit": fields.pop("most"), **fields}


def _count(counter: Counter) -> dict[str, Any]:
    known = counter.operation in LIMITS
    return {
        "operation": counter.operation,
        "count": counter.calls,
        "limit": overrides.in_force(counter.operation).most if known else None,
        "window_ends_at": datetime.fromtimestamp(counter.ends_at, UTC),
        "ttl": counter.ttl,
    }
