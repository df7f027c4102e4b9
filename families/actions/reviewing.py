"""Admins decide on what members ask their family's account for.

Who is an admin, and who of them works, is decided on the family's document as it was read; the account is
written with the decision, as by everything that makes somebody an admin, or keeps one from working. So no
decision passes such a change. Source: HTTP contract, sections 9 and 18 (rules 2, 3, 6 and 13).
"""

from datetime import datetime

from families import queries
from families.errors import SelfApprovalForbiddenError
from family_site.identity import queries as identity
from ops.actors import Actor
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries as accounts
from tokens import request_queries
from tokens.actions import movers, requests
from tokens.actions.requests import Decider
from tokens.errors import RecipientNotFoundError
from tokens.rules.requests import TOKENS, Sort, is_over, is_self_approval


@unit_of_work()
def approve(  # noqa: PLR0913  # who decides what on which, and says what to it
    sort: Sort,
    family_id: str,
    request_id: str,
    *,
    actor: Actor,
    now: datetime,
    comments: str | None = None,
) -> Document:
    """Approve a request and pay it: to whoever asked, or to the merchant; returns it as it is then.

    Raises:
        EmailNotConfirmedError: the actor's address is to be confirmed first.
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        TokenRequestNotFoundError, PurchaseRequestNotFoundError: no such request, or it has expired.
        RequestNotPendingError: it has been decided.
        SelfApprovalForbiddenError: the actor asked for it, and another admin could decide.
        RecipientNotFoundError: whoever asked is disabled.
        AccountFrozenError, InsufficientBalanceError: it cannot be paid now; it waits on.
    """
    movers.require(actor)
    family = queries.family_managed_by(actor, family_id)
    request = request_queries.one_of_family(sort, family_id, request_id)
    if is_over(request, now):
        raise sort.unknown
    _require_right(request, family, actor)
    requests.require_pending(sort, request, now)
    recipient = _recipient(request) if sort == TOKENS else request_queries.merchant()
    decider = Decider(actor, comments)
    return requests.approve(sort, request, family[queries.ACCOUNT], recipient, decider, now=now)


@unit_of_work()
def deny(  # noqa: PLR0913  # as above
    sort: Sort,
    family_id: str,
    request_id: str,
    *,
    actor: Actor,
    now: datetime,
    comments: str | None = None,
) -> Document:
    """Refuse a request, also one's own; returns it as it is then.

    Raises:
        FamilyNotFoundError, InsufficientPermissionsError, RequestNotPendingError: as ``approve``.
        TokenRequestNotFoundError, PurchaseRequestNotFoundError: as ``approve``.
    """
    family = queries.family_managed_by(actor, family_id)
    request = request_queries.one_of_family(sort, family_id, request_id)
    return requests.deny(sort, request, family[queries.ACCOUNT], Decider(actor, comments), now=now)


def _require_right(request: Document, family: Document, actor: Actor) -> None:
    """Let an admin approve what others ask for; what they asked for themselves only if they are alone."""
    if request["requester_id"] != actor.user_id:
        return
    working = identity.active_among(set(family["admin_user_ids"]))
    if is_self_approval(request, actor.user_id, working):
        raise SelfApprovalForbiddenError


def _recipient(request: Document) -> Document:
    """Return the own account of whoever asked."""
    account = accounts.account_of_person(request["requester_id"])
    if account is None or not account["owner"]["active"]:
        raise RecipientNotFoundError
    return account
