"""Clean-up by staff, at once instead of by the job. Source: HTTP contract, section 14."""

from rest_framework.request import Request

from families.api.invitation_bodies import CleanedUpAnswer
from families.api.request_bodies import RequestsCleanedUp
from families.invitations.actions import upkeep
from ops import clock
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of
from tokens.actions import request_ends


class CleanUpInvitations(ApiView):
    """What time has done to invitations."""

    hint = "manage.py cleanup_expired_invitations --apply"
    limited_as = "cleanup"
    required_permission = "ops.run_cleanup"

    @operation(success={200: CleanedUpAnswer})
    def post(self, request: Request) -> Response:
        """Mark what has expired and blank old addresses; what is too much for a call is left to the next."""
        actor, now = actor_of(request), clock.now()
        expired = upkeep.expire_overdue(actor=actor, now=now)
        blanked = upkeep.blank_old_addresses(actor=actor, now=now)
        counts = {
            "expired": expired,
            "expired_count": expired,
            "cleaned_count": blanked,
            "total_processed": expired + blanked,
        }
        return Response(ok("Invitations are cleaned up.") | counts | {"timestamp": now})


class CleanUpTokenRequests(ApiView):
    """What time has done to requests."""

    hint = "manage.py cleanup_expired_token_requests --apply"
    limited_as = "cleanup"
    required_permission = "ops.run_cleanup"

    @operation(success={200: RequestsCleanedUp})
    def post(self, request: Request) -> Response:
        """Mark what nobody decided on in time, purchases too; what is too much is left to the next call."""
        now = clock.now()
        expired = request_ends.expire_overdue(actor=actor_of(request), now=now)
        answer = {"expired_count": expired, "cleanup_timestamp": now}
        return Response(ok("Requests are cleaned up.") | answer)
