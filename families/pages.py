"""Pages of families: an invitation and its answer, and who is in when one has joined.

They work without a script; looking changes nothing. Programs get JSON where an invitation's link leads:
``families.api.invitation_links``. Source: HTTP contract, section 5.
"""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from families import queries, rules
from families.actions import joining
from families.errors import FamilyLimitExceededError, MemberLimitExceededError
from families.invitations import queries as invitations
from families.invitations.errors import (
    InvitationFailedError,
    InvitationNotForYouError,
    InvitationNotFoundError,
)
from families.invitations.rules import hint
from family_site.identity import queries as identity
from ops import clock
from ops.actors import Actor
from ops.errors import DomainError, EmailNotConfirmedError
from ops.mongo.collections import Document
from ops.web.browsing import READING, go_to, is_somebody, page, shown, visitor

# What keeps the invitee from joining, told on a page that says what to do about it.
KEPT_OUT = (
    EmailNotConfirmedError,
    InvitationFailedError,
    MemberLimitExceededError,
    FamilyLimitExceededError,
)
TOKEN = {"GET": "invitation_token_page", "POST": "invitation_token"}


@partial(page, limited_as=TOKEN)
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation that a link opens; or make its invitee a member, once they are signed in."""
    who, now = visitor(request), clock.now()
    try:
        if request.method != "POST":
            return _invitation(request, token, who)
        if not is_somebody(who):
            invitations.opened_by(token, now=now)  # nobody signs up for one that is over
            return go_to(_entrance("/sign-in", token))
        accepted = joining.accept_by_link(token, actor=who, now=now)
    except InvitationNotFoundError as error:
        return _over(request, error, who)
    except InvitationNotForYouError as error:
        return _invitation(request, token, who, status=error.status)
    except KEPT_OUT as error:
        return _kept_out(request, error, token, who)
    return go_to(f"/welcome/{accepted['family_id']}")


@partial(page, limited_as=TOKEN)
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, or turn the invitation down; whoever has the link may."""
    who, now = visitor(request), clock.now()
    try:
        if request.method != "POST":
            invitation = invitations.opened_by(token, now=now)
            return shown(request, "decline", {"invitation": invitation, **_links(token)})
        declined = joining.decline_by_link(token, actor=who, now=now)
    except InvitationNotFoundError as error:
        return _over(request, error, who)
    return shown(request, "declined", {"invitation": declined})


@partial(page, methods=READING)
def welcome(request: HttpRequest, family_id: str) -> HttpResponse:
    """Show a member who is in the family, and what comes next."""
    who = visitor(request)
    if not is_somebody(who):
        return go_to(f"/sign-in?{urlencode({'next': request.path})}")
    family = queries.family_visible_to(who, family_id)
    context = {"family": family["name"], "members": _members(family, who), "app": _app(), "visitor": who}
    return shown(request, "welcome", context)


@partial(page, methods=READING)
def mine(request: HttpRequest) -> HttpResponse:
    """Show who is signed in, and their families: where one comes to without having come from anywhere."""
    who = visitor(request)
    if not is_somebody(who):
        return go_to("/sign-in")
    families = [{"id": each["_id"], "name": each["name"]} for each in queries.my_families(who)]
    is_confirmed = identity.user_by_id(who.user_id)["email_confirmed_at"] is not None
    context = {"families": families, "is_confirmed": is_confirmed, "app": _app(), "visitor": who}
    return shown(request, "families", context)


def _invitation(request: HttpRequest, token: str, who: Actor, *, status: int = 200) -> HttpResponse:
    """Show an invitation as it concerns whoever looks at it."""
    invitation = invitations.opened_by(token, now=clock.now())
    is_invitee = is_somebody(who) and invitations.is_for(invitation, identity.user_by_id(who.user_id))
    context = {
        "invitation": invitation,
        "is_by_address": invitations.is_by_address(invitation),
        "hint": hint(invitation),
        "visitor": who if is_somebody(who) else None,
        "is_invitee": is_invitee,
        **_links(token),
    }
    return shown(request, "invitation", context, status=status)


def _links(token: str) -> dict[str, str]:
    path = f"/family/invitation/{token}"
    return {
        "accept": f"{path}/accept",
        "decline": f"{path}/decline",
        "sign_in": _entrance("/sign-in", token),
        "sign_up": _entrance("/sign-up", token),
    }


def _entrance(path: str, token: str) -> str:
    """Return the way to sign-in or sign-up and back; the token proves the address it was mailed to."""
    back = {"next": f"/family/invitation/{token}/accept", "invitation": token}
    return f"{path}?{urlencode(back)}"


def _over(request: HttpRequest, error: InvitationNotFoundError, who: Actor) -> HttpResponse:
    context = {"reason": str(error.reason or "unknown"), "visitor": who if is_somebody(who) else None}
    return shown(request, "invitation_over", context, status=error.status)


def _kept_out(request: HttpRequest, error: DomainError, token: str, who: Actor) -> HttpResponse:
    context = {"code": error.code, "sentence": error.message, "visitor": who, **_links(token)}
    return shown(request, "kept_out", context, status=error.status)


def _members(family: Document, who: Actor) -> list[dict[str, Any]]:
    """Return the members, those who joined first before the others."""
    members = sorted(family["members"], key=lambda each: (each["joined_at"], each["user_id"]))
    names = identity.usernames({each["user_id"] for each in members})
    return [
        {
            "name": names.get(each["user_id"], ""),
            "is_admin": each["role"] == rules.MemberRole.ADMIN,
            "is_visitor": each["user_id"] == who.user_id,
        }
        for each in members
    ]


def _app() -> str:
    """Return the address of the app that people are sent on to; empty: none is set."""
    return "" if settings.APP_URL == settings.PUBLIC_URL else settings.APP_URL
