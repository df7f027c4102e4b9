"""Allowances: seen, made, changed, stopped. Source: HTTP contract, section 15."""

from rest_framework.request import Request

from families import allowance_queries, queries
from families.actions import allowances
from families.actions.allowances import Draft
from families.api import allowance_answers as answers
from families.api.allowance_bodies import AllowanceAnswer, AllowanceBody, AllowanceChangeBody
from families.errors import FamilyNotFoundError
from ops import clock
from ops.actors import Scope
from ops.errors import EmailNotConfirmedError, InsufficientPermissionsError, NotFoundError
from ops.metrics import operations
from ops.web.answers import Response
from ops.web.schema import OkAnswer, ok, operation
from ops.web.views import ApiView, actor_of
from tokens.rules.allowances import Frequency

MANAGING = [FamilyNotFoundError, InsufficientPermissionsError]
SETTING = [*MANAGING, EmailNotConfirmedError]


class Allowances(ApiView):
    """The allowances of a family."""

    limited_as = {"POST": "allowance_update"}
    scope = Scope.TOKENS
    kept_as = "allowance_create"
    counted_as = {"POST": operations.of_family("create_allowance")}

    @operation(success={200: AllowanceAnswer(many=True)}, errors=[FamilyNotFoundError])
    def get(self, request: Request, family_id: str) -> Response:
        """Return the allowances, oldest first: admins see all, other members their own."""
        actor = actor_of(request)
        family = queries.family_visible_to(actor, family_id)
        return Response(answers.allowances(allowance_queries.allowances_for(actor, family)))

    @operation(request=AllowanceBody, success={201: AllowanceAnswer}, errors=SETTING)
    def post(self, request: Request, family_id: str) -> Response:
        """Make an allowance, which the family's account pays to a member each day, week or month."""
        body = self.body(AllowanceBody)
        draft = Draft(body["recipient_id"], body["amount"], Frequency(body["frequency"]), body["active"])
        made = allowances.create(family_id, draft, actor=actor_of(request), now=clock.now())
        return Response(answers.allowances([made])[0], status=201)


class OneAllowance(ApiView):
    """An allowance of a family."""

    limited_as = "allowance_update"
    scope = Scope.TOKENS
    counted_as = {
        "PUT": operations.of_family("change_allowance"),
        "DELETE": operations.of_family("end_allowance"),
    }

    @operation(request=AllowanceChangeBody, success={200: AllowanceAnswer}, errors=[*SETTING, NotFoundError])
    def put(self, request: Request, family_id: str, schedule_id: str) -> Response:
        """Change an allowance; what is not sent stays."""
        changed = allowances.change(
            family_id,
            schedule_id,
            self.body(AllowanceChangeBody),
            actor=actor_of(request),
            now=clock.now(),
        )
        return Response(answers.allowances([changed])[0])

    @operation(success={200: OkAnswer}, errors=[*MANAGING, NotFoundError])
    def delete(self, request: Request, family_id: str, schedule_id: str) -> Response:
        """Stop an allowance for ever; what was paid stays on record."""
        allowances.stop(family_id, schedule_id, actor=actor_of(request), now=clock.now())
        return Response(ok("The allowance was stopped."))
