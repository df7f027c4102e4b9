"""Found, list, read and change families."""

from rest_framework.request import Request

from families import queries
from families.actions import changing, dissolving, founding
from families.api import answers
from families.api.member_bodies import DissolvedAnswer
from families.api.serializers import ChangeBody, CreateBody, FamilyAnswer, FamilyChanged, FamilyDetail
from families.errors import FamilyLimitExceededError, FamilyNotFoundError
from ops import clock
from ops.errors import InsufficientPermissionsError, PreconditionFailedError
from ops.web import etags
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of
from tokens.errors import AccountNotEmptyError


class CreateFamily(ApiView):
    """Found a family."""

    kept_as = "family_create"

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
            PreconditionFailedError,
        ],
    )
    def delete(self, request: Request, family_id: str) -> Response:
        """Dissolve the family; its members are told, and its account is closed."""
        actor, now = actor_of(request), clock.now()
        dissolved = dissolving.dissolve(
            family_id,
            actor=actor,
            now=now,
            only_if=lambda family: etags.require_match(request, answers.etag(family, now)),
        )
        return Response(ok("The family was dissolved.") | answers.dissolved(family_id, dissolved, now))
