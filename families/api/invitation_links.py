"""What the link of an invitation opens, for programs; looking changes nothing.

A person's browser gets pages at the same paths. Source: HTTP contract, section 5.
"""

from typing import Any

from django.conf import settings
from rest_framework.request import Request

from families.actions import joining
from families.api import invitation_answers as answers
from families.api.invitation_bodies import AcceptedByLink, DeclinedByLink, LinkAnswer
from families.errors import FamilyLimitExceededError, MemberLimitExceededError
from families.invitations import queries as invitations
from families.invitations.errors import (
    InvitationFailedError,
    InvitationNotForYouError,
    InvitationNotFoundError,
)
from ops import clock
from ops.actors import Scope
from ops.errors import EmailNotConfirmedError
from ops.metrics import operations
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of


class _Link(ApiView):
    """A path that holds a token: no other site is told it, and nothing of it is stored."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep the path to ourselves."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Referrer-Policy"] = "no-referrer"
        return answer

    @operation(success={200: LinkAnswer}, errors=[InvitationNotFoundError])
    def get(self, request: Request, token: str) -> Response:  # noqa: ARG002  # who looks does not matter
        """Return what the link opens, and how to answer."""
        now = clock.now()
        return Response(answers.opened(invitations.opened_by(token, now=now), token, now))


class LinkToAccept(_Link):
    """Accept by a link."""

    limited_as = {"GET": "invitation_token_page", "POST": "invitation_token"}
    scope = Scope.FAMILIES
    public = frozenset({"GET"})
    kept_as = "invitation_accept"
    counted_as = {"POST": operations.of_family("accept")}

    @operation(
        success={200: AcceptedByLink},
        errors=[
            InvitationNotFoundError,
            InvitationNotForYouError,
            InvitationFailedError,
            MemberLimitExceededError,
            FamilyLimitExceededError,
            EmailNotConfirmedError,
        ],
    )
    def post(self, request: Request, token: str) -> Response:
        """Make the caller a member, if they are the invitee."""
        invitation = joining.accept_by_link(token, actor=actor_of(request), now=clock.now())
        message = "You have joined the family."
        return Response(
            ok(message)
            | {
                "action": "accepted",
                "family_id": invitation["family_id"],
                "redirect_url": _onward(f"/welcome/{invitation['family_id']}"),
                "data": answers.answered(invitation, message),
            }
        )


class LinkToDecline(_Link):
    """Decline by a link."""

    limited_as = {"GET": "invitation_token_page", "POST": "invitation_token"}
    public = True
    counted_as = {"POST": operations.of_family("decline")}

    @operation(success={200: DeclinedByLink}, errors=[InvitationNotFoundError])
    def post(self, request: Request, token: str) -> Response:
        """Turn the invitation down; the link is enough."""
        joining.decline_by_link(token, actor=actor_of(request), now=clock.now())
        message = "You have declined the invitation."
        return Response(ok(message) | {"action": "declined", "redirect_url": _onward("/welcome")})


def _onward(page: str) -> str:
    """Return where a person goes on: the app, or without one a page of ours."""
    if settings.APP_URL == settings.PUBLIC_URL:
        return f"{settings.PUBLIC_URL}{page}"
    return f"{settings.APP_URL}/"
