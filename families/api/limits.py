"""How many families and members people may have. Source: HTTP contract, section 7."""

from datetime import date

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from families import usage_queries
from families.actions import limiting
from families.actions.limiting import Wanted
from families.api import limit_answers as answers
from families.api.limit_bodies import NAMES, EnforcementAnswer, LimitsAnswer, LimitsBody, LimitsChanged
from families.api.usage import last_days
from ops import clock
from ops.actors import Actor
from ops.errors import (
    FieldFault,
    InsufficientPermissionsError,
    NotFoundError,
    PreconditionFailedError,
    ValidationFailedError,
)
from ops.mongo.collections import Document
from ops.second_factor import FreshTwoFactorRequiredError, TwoFactorSetupRequiredError
from ops.web import etags
from ops.web.answers import Response
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of, require_right

BILLING = "include_billing_metrics"
FLAGS = {"true": True, "false": False}
TO_SEE, TO_CHANGE = "families.view_family", "families.change_limits"

# What only staff may ask.
OF_STAFF = (InsufficientPermissionsError, TwoFactorSetupRequiredError, FreshTwoFactorRequiredError)


class Limits(ApiView):
    """Somebody's limits."""

    limited_as = {"PUT": "limits_update"}
    required_permission = {"PUT": TO_CHANGE}  # as declared

    @operation(
        success={200: LimitsAnswer},
        errors=[*OF_STAFF, NotFoundError],
        parameters=[
            OpenApiParameter("user_id", str, description="Whose, for staff; missing: the caller's."),
            OpenApiParameter(BILLING, {"type": "boolean", "default": False}),
        ],
        etag=True,
    )
    def get(self, request: Request) -> Response:
        """Return what the caller may have, and has; staff may ask for anybody."""
        actor, now = actor_of(request), clock.now()
        with_figures = _flag(request)
        user_id = _whose(request, actor)
        if with_figures:
            standing, _, days = usage_queries.used(user_id, last_days(now), now)
            answer = answers.limits_of(standing, now, days)
        else:
            standing = usage_queries.standing(user_id, now)
            answer = answers.limits_of(standing, now)
        return etags.answer(request, lambda: answer, answers.etag(standing, answer))

    @operation(
        request=LimitsBody,
        success={200: LimitsChanged},
        errors=[NotFoundError, PreconditionFailedError],
        etag=True,
    )
    def put(self, request: Request) -> Response:
        """Set somebody's limits, never one's own; until the grace is over the old numbers hold."""
        actor, now, body = actor_of(request), clock.now(), self.body(LimitsBody)
        wanted = Wanted(
            {kind: body[name] for kind, name in NAMES.items() if name in body},
            body["reason"],
            date.fromisoformat(body["effective_date"]) if "effective_date" in body else None,
            body["grace_period_days"],
        )

        def tag(standing: Document) -> str:
            return answers.etag(standing, answers.limits_of(standing, now))

        limited = limiting.set_limits(
            body["user_id"],
            wanted,
            actor=actor,
            now=now,
            only_if=lambda standing: etags.require_match(request, tag(standing)),
        )
        answer = answers.changed(body["user_id"], limited, actor.id, now)
        return Response(answer, headers={"ETag": tag(limited.standing)})


class Enforcement(ApiView):
    """Which limits hold the caller back."""

    @operation(success={200: EnforcementAnswer})
    def get(self, request: Request) -> Response:
        """Return how the caller and their families stand to their limits, and what there is to do."""
        now = clock.now()
        standing = usage_queries.standing(actor_of(request).user_id, now)
        return Response(answers.enforcement(standing, now))


def _whose(request: Request, actor: Actor) -> str:
    """Return the id of the person that is asked about.

    Raises:
        InsufficientPermissionsError: it is not the caller, who is not staff that may see families.
        And as ``require_right``.
    """
    asked: str = request.query_params.get("user_id", actor.user_id)
    if asked != actor.user_id:
        require_right(actor, TO_SEE)
    return asked


def _flag(request: Request) -> bool:
    sent = request.query_params.get(BILLING, "false")
    if sent not in FLAGS:
        raise ValidationFailedError(
            [FieldFault(f"query.{BILLING}", "invalid_type", "true or false is needed.")]
        )
    return FLAGS[sent]
