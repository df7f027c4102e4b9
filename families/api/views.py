"""Found, list, read and change families."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from families import queries
from families.actions import changing, dissolving, founding
from families.api import answers
from families.api.member_bodies import DissolveBody, DissolvedAnswer
from families.api.serializers import ChangeBody, CreateBody, FamilyAnswer, FamilyChanged, FamilyDetail
from families.errors import FamilyLimitExceededError, FamilyNotFoundError
from ops import clock
from ops.actors import Scope
from ops.errors import (
    FieldFault,
    InsufficientPermissionsError,
    PreconditionFailedError,
    ValidationFailedError,
)
from ops.metrics import operations
from ops.web import etags
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of
from tokens.errors import AccountFrozenError, AccountNotEmptyError

PAYOUT_TO = "payout_to"


class CreateFamily(ApiView):
    """Found a family."""

    limited_as = "family_create"
    scope = Scope.FAMILIES
    kept_as = "family_create"
    counted_as = {"POST": operations.of_family("create")}

    @operation(request=CreateBody, success={201: FamilyDetail}, errors=[FamilyLimitExceededError])
    def post(self, request: Request) -> Response:
        """Found a family; the caller becomes its admin and the manager of its account."""
        actor, now = actor_of(request), clock.now()
        family = founding.found(self.body(CreateBody).get("name"), actor=actor, now=now)
        return Response(answers.detail(family, actor, now), status=201)


class MyFamilies(ApiView):
    """The caller's families."""

    @operation(success={200: FamilyAnswer(many=True)})
    def get(self, request: Request) -> Response:
        """Return the active families that the caller belongs to, newest membership first."""
        actor, now = actor_of(request), clock.now()
        return Response([answers.summary(family, actor, now) for family in queries.my_families(actor)])


class OneFamily(ApiView):
    """A family."""

    limited_as = {"PUT": "family_update", "DELETE": "family_delete"}
    scope = Scope.FAMILIES
    asks_second_factor = frozenset({"DELETE"})
    counted_as = {"PUT": operations.of_family("change"), "DELETE": operations.of_family("dissolve")}

    @operation(success={200: FamilyDetail}, errors=[FamilyNotFoundError], etag=True)
    def get(self, request: Request, family_id: str) -> Response:
        """Return the family."""
        actor, now = actor_of(request), clock.now()
        family = queries.family_visible_to(actor, family_id)
        return etags.answer(request, lambda: answers.detail(family, actor, now), answers.etag(family, now))

    @operation(
        request=ChangeBody,
        success={200: FamilyChanged},
        errors=[FamilyNotFoundError, InsufficientPermissionsError, PreconditionFailedError],
        etag=True,
    )
    def put(self, request: Request, family_id: str) -> Response:
        """Change what was sent; the rest stays."""
        actor, now = actor_of(request), clock.now()
        changed = changing.change(
            family_id,
            self.body(ChangeBody),
            actor=actor,
            now=now,
            only_if=lambda family: etags.require_match(request, answers.etag(family, now)),
        )
        answer = answers.detail(changed.family, actor, now) | ok("The family was changed.")
        answer["updated_fields"] = changed.fields
        return Response(answer, headers={"ETag": answers.etag(changed.family, now)})

    @operation(
        success={200: DissolvedAnswer},
        errors=[
            FamilyNotFoundError,
            InsufficientPermissionsError,
            AccountNotEmptyError,
            AccountFrozenError,
            PreconditionFailedError,
        ],
        parameters=[
            OpenApiParameter(
                PAYOUT_TO, str, description="Id of the admin who gets what is left; here or in the body."
            )
        ],
    )
    def delete(self, request: Request, family_id: str) -> Response:
        """Dissolve the family; its members are told, and its account is closed."""
        actor, now = actor_of(request), clock.now()
        dissolved = dissolving.dissolve(
            family_id,
            actor=actor,
            now=now,
            payout_to=_payout_to(request, self.body(DissolveBody)),
            only_if=lambda family: etags.require_match(request, answers.etag(family, now)),
        )
        return Response(ok("The family was dissolved.") | answers.dissolved(family_id, dissolved, now))


def _payout_to(request: Request, body: Mapping[str, Any]) -> str | None:
    """Return who is to get what is left, from the body or from the query; ``None``: nobody.

    Raises:
        ValidationFailedError: both say different things.
    """
    sent = [each for each in (body.get(PAYOUT_TO), request.query_params.get(PAYOUT_TO)) if each is not None]
    if len(set(sent)) > 1:
        message = "The body says somebody else."
        raise ValidationFailedError([FieldFault(f"query.{PAYOUT_TO}", "not_allowed", message)])
    return sent[0] if sent else None
