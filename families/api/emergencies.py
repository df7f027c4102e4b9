"""Vote on opening an account that a member froze. Source: HTTP contract, section 10."""

from rest_framework.request import Request

from families import emergency_queries, queries
from families.actions import emergencies
from families.api import emergency_answers as answers
from families.api.emergency_answers import (
    EmergencyApproved,
    EmergencyBody,
    EmergencyPage,
    EmergencyRejectBody,
    EmergencyRejected,
    EmergencyRequested,
)
from families.emergency_queries import STATUSES
from families.errors import (
    ApprovalFailedError,
    EmergencyUnfreezeFailedError,
    FamilyNotFoundError,
    RejectionFailedError,
)
from families.rules import emergency as rules
from ops import clock
from ops.actors import Scope
from ops.errors import InsufficientPermissionsError, NotFoundError
from ops.metrics import operations
from ops.web import cursors, filters
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of

VOTED = "emergency_vote"


class RequestUnfreeze(ApiView):
    """Ask the others to open the account."""

    limited_as = "emergency_create"
    scope = Scope.TOKENS
    kept_as = "emergency_create"
    counted_as = {"POST": operations.of_family("request_unfreeze")}

    @operation(
        request=EmergencyBody,
        success={201: EmergencyRequested},
        errors=[FamilyNotFoundError, InsufficientPermissionsError, EmergencyUnfreezeFailedError],
    )
    def post(self, request: Request, family_id: str) -> Response:
        """Begin a vote on opening the frozen account, with the caller's approval."""
        reason = self.body(EmergencyBody)["reason"]
        begun = emergencies.request(family_id, reason, actor=actor_of(request), now=clock.now())
        return Response(ok("The other members are asked.") | answers.requested(begun), status=201)


class FamilyEmergencies(ApiView):
    """The votes of a family on opening its account."""

    @operation(
        success={200: EmergencyPage},
        errors=[FamilyNotFoundError, filters.InvalidStatusFilterError],
        parameters=[*filters.parameters(STATUSES), *cursors.PARAMETERS],
    )
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page, newest first."""
        actor, now = actor_of(request), clock.now()
        status = filters.status(request, STATUSES)
        where = {"family_id": family_id, "status": status}
        paging = cursors.asked(request, actor, "emergency_unfreezes", where)
        family = queries.family_visible_to(actor, family_id)
        freeze = rules.standing_freeze(family[queries.ACCOUNT])
        page = emergency_queries.of_family(family_id, paging.part, freeze=freeze, now=now, status=status)
        names = answers.names_of(page.rows)
        shown = [answers.shown(each, rules.status_at(each, freeze, now), names) for each in page.rows]
        return Response(paging.body(page, shown) | {"count": len(shown)})


class ApproveUnfreeze(ApiView):
    """Vote for opening the account."""

    limited_as = "emergency_vote"
    scope = Scope.TOKENS
    kept_as = VOTED
    counted_as = {"POST": operations.of_family("approve_unfreeze")}

    @operation(
        success={200: EmergencyApproved},
        errors=[NotFoundError, InsufficientPermissionsError, ApprovalFailedError],
    )
    def post(self, request: Request, emergency_id: str) -> Response:
        """Vote for it, once and for good; the vote that is enough opens the account."""
        voted = answers.approved(emergencies.approve(emergency_id, actor=actor_of(request), now=clock.now()))
        message = "The account is open again." if voted["executed"] else "Your vote is counted."
        return Response(ok(message) | voted)


class RejectUnfreeze(ApiView):
    """Vote against opening the account."""

    limited_as = "emergency_vote"
    scope = Scope.TOKENS
    kept_as = VOTED
    counted_as = {"POST": operations.of_family("reject_unfreeze")}

    @operation(
        request=EmergencyRejectBody,
        success={200: EmergencyRejected},
        errors=[NotFoundError, InsufficientPermissionsError, RejectionFailedError],
    )
    def post(self, request: Request, emergency_id: str) -> Response:
        """Vote against it, once and for good; it is closed when the votes left are too few."""
        reason = self.body(EmergencyRejectBody).get("reason")
        rejected = emergencies.reject(emergency_id, reason, actor=actor_of(request), now=clock.now())
        voted = answers.rejected(rejected, reason)
        message = "The account stays frozen." if voted["closed"] else "Your vote is counted."
        return Response(ok(message) | voted)
