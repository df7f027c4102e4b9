"""Invite people, look at invitations, answer, resend and cancel them. Source: HTTP contract, section 5."""

from rest_framework.request import Request

from families import queries
from families.actions import inviting, joining
from families.api import invitation_answers as answers
from families.api.invitation_bodies import (
    STATUSES,
    TYPES,
    CancelledAnswer,
    HandedOverAnswer,
    InvitationAnswer,
    InvitationPage,
    InviteBody,
    ResentAnswer,
    RespondBody,
    RespondedAnswer,
)
from families.errors import (
    FamilyLimitExceededError,
    FamilyNotFoundError,
    InvalidRelationshipError,
    MemberLimitExceededError,
)
from families.invitations import queries as invitations
from families.invitations.errors import InvitationFailedError, InvitationNotFoundError
from families.rules import relationship_type
from ops import clock
from ops.actors import Scope
from ops.errors import EmailNotConfirmedError, InsufficientPermissionsError
from ops.metrics import operations
from ops.metrics.operations import Operation
from ops.web import cursors, filters
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of

PAGE_PARAMETERS = [*filters.parameters(STATUSES), *cursors.PARAMETERS]


class Invite(ApiView):
    """Offer somebody a place in a family."""

    limited_as = "invitation_create"
    scope = Scope.FAMILIES
    kept_as = "invitation_create"
    counted_as = {"POST": operations.of_family("invite")}

    @operation(
        request=InviteBody,
        success={200: InvitationAnswer, 201: InvitationAnswer},
        errors=[
            FamilyNotFoundError,
            InvitationFailedError,
            InvalidRelationshipError,
            InsufficientPermissionsError,
            MemberLimitExceededError,
            EmailNotConfirmedError,
        ],
    )
    def post(self, request: Request, family_id: str) -> Response:
        """Invite; who has an open invitation already keeps that one (200)."""
        actor, now, body = actor_of(request), clock.now(), self.body(InviteBody)
        kind = relationship_type(body["relationship_type"])
        if kind is None:
            raise InvalidRelationshipError("relationship_type", TYPES)
        by_username = body["identifier_type"] == "username"
        invitation, is_new, may_manage = inviting.invite(
            family_id, body["identifier"], kind, by_username=by_username, actor=actor, now=now
        )
        shown = answers.shown(invitation, now, to_sender=may_manage)
        return Response(shown, status=201 if is_new else 200)


class FamilyInvitations(ApiView):
    """The invitations of a family."""

    @operation(
        success={200: InvitationPage},
        errors=[FamilyNotFoundError, filters.InvalidStatusFilterError],
        parameters=PAGE_PARAMETERS,
    )
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page, newest first; who is no admin sees those they sent."""
        actor, now = actor_of(request), clock.now()
        status = filters.status(request, STATUSES)
        paging = cursors.asked(
            request, actor, "family_invitations", {"family_id": family_id, "status": status}
        )
        family = queries.family_visible_to(actor, family_id)
        sender = None if queries.is_admin(family, actor.user_id) else actor.user_id
        page = invitations.of_family(family_id, paging.part, now=now, status=status, inviter_id=sender)
        return Response(paging.body(page, [answers.shown(each, now, to_sender=True) for each in page.rows]))


class MyInvitations(ApiView):
    """What the caller is invited to."""

    @operation(
        success={200: InvitationPage},
        errors=[filters.InvalidStatusFilterError],
        parameters=PAGE_PARAMETERS,
    )
    def get(self, request: Request) -> Response:
        """Return a page, newest first: sent to the caller's username or address."""
        actor, now = actor_of(request), clock.now()
        status = filters.status(request, STATUSES)
        paging = cursors.asked(request, actor, "my_invitations", {"status": status})
        page = invitations.received_by(actor, paging.part, now=now, status=status)
        return Response(paging.body(page, [answers.shown(each, now) for each in page.rows]))


class Respond(ApiView):
    """Answer an invitation."""

    limited_as = "invitation_respond"
    scope = Scope.FAMILIES
    kept_as = "invitation_respond"
    answer = ""

    @operation(
        request=RespondBody,
        success={200: RespondedAnswer},
        errors=[
            InvitationNotFoundError,
            InvitationFailedError,
            MemberLimitExceededError,
            FamilyLimitExceededError,
            EmailNotConfirmedError,
        ],
    )
    def post(self, request: Request, invitation_id: str) -> Response:
        """Accept or decline; with accepting, the caller becomes a member."""
        action = self.answer = self.body(RespondBody)["action"]
        respond, message = RESPONSES[action]
        invitation = respond(invitation_id, actor=actor_of(request), now=clock.now())
        return Response(ok(message) | {"action": action, "data": answers.answered(invitation, message)})

    def operation_counted(self) -> Operation | None:
        """Return which answer it is, as far as it was one."""
        return ANSWERS.get(self.answer, NO_ANSWER) if self.request.method == "POST" else None


RESPONSES = {
    "accept": (joining.accept, "You have joined the family."),
    "decline": (joining.decline, "You have declined the invitation."),
}
NO_ANSWER = operations.of_family("respond")
ANSWERS = {name: operations.of_family(name) for name in RESPONSES}


class OneInvitation(ApiView):
    """An invitation of a family."""

    limited_as = "invitation_cancel"
    scope = Scope.FAMILIES
    counted_as = {"DELETE": operations.of_family("cancel_invitation")}

    @operation(success={200: CancelledAnswer}, errors=[FamilyNotFoundError, InvitationNotFoundError])
    def delete(self, request: Request, family_id: str, invitation_id: str) -> Response:
        """Take it back; its link is void."""
        invitation = inviting.cancel(family_id, invitation_id, actor=actor_of(request), now=clock.now())
        message = "The invitation was taken back."
        return Response(ok(message) | {"cancelled_at": invitation["cancelled_at"]})


class Resend(ApiView):
    """Mail an invitation again."""

    limited_as = "invitation_resend"
    scope = Scope.FAMILIES
    kept_as = "invitation_resend"
    counted_as = {"POST": operations.of_family("resend_invitation")}

    @operation(success={200: ResentAnswer}, errors=[FamilyNotFoundError, InvitationNotFoundError])
    def post(self, request: Request, family_id: str, invitation_id: str) -> Response:
        """Mail it with a new link and seven new days; the old link is void."""
        now = clock.now()
        invitation = inviting.resend(family_id, invitation_id, actor=actor_of(request), now=now)
        answer = ok("The invitation will be mailed again.")
        return Response(
            answer
            | {
                "email_sent": True,
                "email_status": answers.mail_state(invitation),
                "resent_at": now,
                "expires_at": invitation["expires_at"],
            }
        )


class HandOver(ApiView):
    """A link to hand over by another way than mail."""

    limited_as = "invitation_resend"
    scope = Scope.FAMILIES
    counted_as = {"POST": operations.of_family("hand_over_invitation")}

    @operation(success={201: HandedOverAnswer}, errors=[FamilyNotFoundError, InvitationNotFoundError])
    def post(self, request: Request, family_id: str, invitation_id: str) -> Response:
        """Make a new link and show it, once; the old link is void."""
        made = inviting.hand_over(family_id, invitation_id, actor=actor_of(request), now=clock.now())
        answer = {"link": made.address, "expires_at": made.invitation["expires_at"]}
        return Response(answer, status=201)
