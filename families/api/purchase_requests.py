"""Ask that something is bought of a family's account, and decide on it. Source: HTTP contract, section 9."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from families import queries
from families.actions import requesting, reviewing
from families.actions.requesting import Item
from families.api import request_answers as answers
from families.api.request_bodies import (
    PURCHASE_STATUSES,
    DenyBody,
    PurchaseAnswer,
    PurchaseBody,
    PurchasePage,
    WalletPurchaseBody,
)
from families.errors import FamilyNotFoundError, SelfApprovalForbiddenError
from ops import clock
from ops.actors import Scope
from ops.errors import (
    EmailNotConfirmedError,
    FieldFault,
    InsufficientPermissionsError,
    ValidationFailedError,
)
from ops.metrics import operations
from ops.web import cursors, filters
from ops.web.answers import Response
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of
from tokens import request_queries
from tokens.errors import (
    AccountFrozenError,
    InsufficientBalanceError,
    PurchaseRequestNotFoundError,
    RequestNotPendingError,
)
from tokens.rules.requests import PURCHASE

FAMILY_ID = "family_id"
NAMED = {"type": "string", "minLength": 1}
ASKING = [FamilyNotFoundError, EmailNotConfirmedError]
DENYING = [InsufficientPermissionsError, PurchaseRequestNotFoundError, RequestNotPendingError]
APPROVING = [
    *DENYING,
    SelfApprovalForbiddenError,
    AccountFrozenError,
    InsufficientBalanceError,
    EmailNotConfirmedError,
]
LISTING = [FamilyNotFoundError, filters.InvalidStatusFilterError]
PARAMETERS = [*filters.parameters(PURCHASE_STATUSES), *cursors.PARAMETERS]


class PurchaseRequests(ApiView):
    """Requests to buy something of a family's account."""

    limited_as = {"POST": "purchase_request"}
    scope = Scope.TOKENS
    kept_as = "purchase_request"
    counted_as = {"POST": operations.of_tokens("request_purchase")}

    @operation(success={200: PurchasePage}, errors=LISTING, parameters=PARAMETERS)
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page, newest first; who is no admin sees their own."""
        return _listed(request, family_id)

    @operation(request=PurchaseBody, success={201: PurchaseAnswer}, errors=ASKING)
    def post(self, request: Request, family_id: str) -> Response:
        """Ask an admin to let something be bought."""
        return _asked(request, family_id, self.body(PurchaseBody))


class WalletPurchaseRequests(ApiView):
    """The same, of a family that is named beside the path."""

    limited_as = {"POST": "purchase_request"}
    scope = Scope.TOKENS
    kept_as = "purchase_request"
    counted_as = {"POST": operations.of_tokens("request_purchase")}

    @operation(
        success={200: PurchasePage},
        errors=LISTING,
        parameters=[OpenApiParameter(FAMILY_ID, NAMED, required=True), *PARAMETERS],
    )
    def get(self, request: Request) -> Response:
        """Return a page, newest first; who is no admin sees their own."""
        family_id = request.query_params.get(FAMILY_ID)
        if not family_id:
            raise ValidationFailedError([FieldFault(f"query.{FAMILY_ID}", "required", "Name the family.")])
        return _listed(request, family_id)

    @operation(request=WalletPurchaseBody, success={201: PurchaseAnswer}, errors=ASKING)
    def post(self, request: Request) -> Response:
        """Ask an admin to let something be bought."""
        body = self.body(WalletPurchaseBody)
        return _asked(request, body[FAMILY_ID], body)


class ApprovePurchase(ApiView):
    """Let something be bought."""

    limited_as = "purchase_review"
    scope = Scope.TOKENS
    kept_as = "purchase_approve"
    kept_forever = True
    counted_as = {"POST": operations.of_tokens("approve_purchase")}

    @operation(success={200: PurchaseAnswer}, errors=[FamilyNotFoundError, *APPROVING])
    def post(self, request: Request, family_id: str, purchase_id: str) -> Response:
        """Approve it, which pays the merchant; what cannot be paid now waits on."""
        return _approved(request, family_id, purchase_id)


class ApproveWalletPurchase(ApiView):
    """Let something be bought, named without its family."""

    limited_as = "purchase_review"
    scope = Scope.TOKENS
    kept_as = "purchase_approve"
    kept_forever = True
    counted_as = {"POST": operations.of_tokens("approve_purchase")}

    @operation(success={200: PurchaseAnswer}, errors=[FamilyNotFoundError, *APPROVING])
    def post(self, request: Request, purchase_id: str) -> Response:
        """Approve it, which pays the merchant; what cannot be paid now waits on."""
        family_id = queries.family_of_purchase(actor_of(request), purchase_id)
        return _approved(request, family_id, purchase_id)


class DenyPurchase(ApiView):
    """Let something not be bought."""

    limited_as = "purchase_review"
    scope = Scope.TOKENS
    kept_as = "purchase_deny"
    counted_as = {"POST": operations.of_tokens("deny_purchase")}

    @operation(request=DenyBody, success={200: PurchaseAnswer}, errors=[FamilyNotFoundError, *DENYING])
    def post(self, request: Request, family_id: str, purchase_id: str) -> Response:
        """Deny it."""
        return _denied(request, family_id, purchase_id, self.body(DenyBody))


class DenyWalletPurchase(ApiView):
    """Let something not be bought, named without its family."""

    limited_as = "purchase_review"
    scope = Scope.TOKENS
    kept_as = "purchase_deny"
    counted_as = {"POST": operations.of_tokens("deny_purchase")}

    @operation(request=DenyBody, success={200: PurchaseAnswer}, errors=[FamilyNotFoundError, *DENYING])
    def post(self, request: Request, purchase_id: str) -> Response:
        """Deny it."""
        body = self.body(DenyBody)
        family_id = queries.family_of_purchase(actor_of(request), purchase_id)
        return _denied(request, family_id, purchase_id, body)


def _listed(request: Request, family_id: str) -> Response:
    actor, now = actor_of(request), clock.now()
    status = filters.status(request, PURCHASE_STATUSES)
    where = {FAMILY_ID: family_id, "status": status}
    paging = cursors.asked(request, actor, "purchase_requests", where)
    family = queries.family_visible_to(actor, family_id)
    own = None if queries.is_admin(family, actor.user_id) else actor.user_id
    page = request_queries.of_family(
        PURCHASE, family_id, paging.part, now=now, status=status and status.lower(), requester_id=own
    )
    return Response(paging.body(page, [answers.purchase(each, now) for each in page.rows]))


def _asked(request: Request, family_id: str, body: Mapping[str, Any]) -> Response:
    actor, now = actor_of(request), clock.now()
    item = Item(body["item_name"], body.get("link"))
    asked = requesting.request_purchase(family_id, item, body["cost"], body["reason"], actor=actor, now=now)
    return Response(answers.purchase(asked, now), status=201)


def _approved(request: Request, family_id: str, purchase_id: str) -> Response:
    actor, now = actor_of(request), clock.now()
    approved = reviewing.approve(PURCHASE, family_id, purchase_id, actor=actor, now=now)
    return Response(answers.purchase(approved, now))


def _denied(request: Request, family_id: str, purchase_id: str, body: Mapping[str, Any]) -> Response:
    actor, now = actor_of(request), clock.now()
    reason = body.get("reason") or None
    denied = reviewing.deny(PURCHASE, family_id, purchase_id, actor=actor, now=now, comments=reason)
    return Response(answers.purchase(denied, now))
