"""A family's account: seen, changed, frozen, spent from. Source: HTTP contract, section 8."""

import re

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from families import queries
from families.actions import spending
from families.actions.spending import Recipient, Wanted
from families.api import account_answers as answers
from families.api.account_bodies import (
    FREEZE,
    AccountAnswer,
    AccountChanged,
    AmountBody,
    AvailableAnswer,
    ContributeBody,
    ContributionAnswer,
    FreezeAnswer,
    FreezeBody,
    HolderAnswer,
    PermissionsBody,
    PermissionsChanged,
    RightsBody,
    TransferAnswer,
    TransferBody,
)
from families.api.answers import rights
from families.errors import (
    FamilyNotFoundError,
    InvalidAmountError,
    MemberNotFoundError,
    ReasonRequiredError,
)
from family_site.identity import queries as identity
from ops import clock
from ops.actors import Scope
from ops.errors import (
    FieldFault,
    InsufficientPermissionsError,
    PreconditionFailedError,
    ValidationFailedError,
)
from ops.metrics import operations
from ops.mongo.collections import Document
from ops.web import etags
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of
from tokens import request_queries
from tokens.api import answers as of_tokens
from tokens.api.bodies import ValidationAnswer
from tokens.api.personal import SPENDING
from tokens.errors import (
    AccountFreezeFailedError,
    AccountNotFoundError,
    PermissionsUpdateFailedError,
    RecipientNotFoundError,
    SelfTransferError,
)
from tokens.rules import MOST_TOKENS

MANAGING = [FamilyNotFoundError, InsufficientPermissionsError]
SETTING = [*MANAGING, MemberNotFoundError, PermissionsUpdateFailedError, PreconditionFailedError]
_NUMBER = re.compile(r"-?[0-9]{1,19}\Z")


class Account(ApiView):
    """A family's account."""

    @operation(success={200: AccountAnswer}, errors=[FamilyNotFoundError], etag=True)
    def get(self, request: Request, family_id: str) -> Response:
        """Return the account with everybody's rights and its newest transactions."""
        actor, now = actor_of(request), clock.now()
        family = queries.family_with_entries(actor, family_id)
        tag = answers.etag(family[queries.ACCOUNT])
        return etags.answer(request, lambda: answers.account_of(family, now), tag)


class Holders(ApiView):
    """Who holds a family's account."""

    @operation(success={200: HolderAnswer(many=True)}, errors=[FamilyNotFoundError])
    def get(self, request: Request, family_id: str) -> Response:
        """Return them with their rights, and what they have spent in the running period."""
        account = queries.family_visible_to(actor_of(request), family_id)[queries.ACCOUNT]
        names = identity.usernames({each["user_id"] for each in account["holders"]})
        return Response(answers.holders(account, names, clock.now()))


class Permissions(ApiView):
    """What members may spend."""

    limited_as = "permissions_update"
    scope = Scope.TOKENS
    asks_second_factor = frozenset({"PUT"})
    counted_as = {"PUT": operations.of_family("change_permissions")}

    @operation(request=PermissionsBody, success={200: AccountChanged}, errors=SETTING, etag=True)
    def put(self, request: Request, family_id: str) -> Response:
        """Set what a member may spend."""
        body = self.body(PermissionsBody)
        family = _set(request, family_id, body["user_id"], body)
        account = family[queries.ACCOUNT]
        answer = answers.account_of(family, clock.now()) | ok("The rights were changed.")
        answer["updated_permissions"] = _rights_of(account, body["user_id"])
        return Response(answer, headers={"ETag": answers.etag(account)})


class MemberPermissions(ApiView):
    """What a member may spend."""

    limited_as = "permissions_update"
    scope = Scope.TOKENS
    asks_second_factor = frozenset({"PUT"})
    counted_as = {"PUT": operations.of_family("change_permissions")}

    @operation(request=RightsBody, success={200: PermissionsChanged}, errors=SETTING, etag=True)
    def put(self, request: Request, family_id: str, user_id: str) -> Response:
        """Set what a member may spend."""
        account = _set(request, family_id, user_id, self.body(RightsBody))[queries.ACCOUNT]
        answer = ok("The rights were changed.") | {"new_permissions": _rights_of(account, user_id)}
        return Response(answer, headers={"ETag": answers.etag(account)})


class Freeze(ApiView):
    """Stop all spending, or let it go on."""

    limited_as = "account_freeze"
    scope = Scope.TOKENS
    kept_as = "account_freeze"
    counted_as = {"POST": operations.of_family("freeze")}

    @operation(
        request=FreezeBody,
        success={200: FreezeAnswer},
        errors=[*MANAGING, ReasonRequiredError, AccountFreezeFailedError],
    )
    def post(self, request: Request, family_id: str) -> Response:
        """Freeze the account, so that nothing is spent of it, or open it again."""
        actor, now, body = actor_of(request), clock.now(), self.body(FreezeBody)
        freezes = body.get("freeze", body.get("action") == FREEZE)
        reason = body.get("reason")
        if not freezes:
            account = spending.unfreeze(family_id, reason=reason, actor=actor, now=now)
        elif reason is None:
            raise ReasonRequiredError
        else:
            account = spending.freeze(family_id, reason=reason, actor=actor, now=now)
        done = answers.frozen_or_opened(account, reason)
        return Response(ok(f"The account was {done['action']}.") | done | {"data": done})


class ValidateSpending(ApiView):
    """A spend by the caller of the family's account."""

    open_when_read_only = True
    limited_as = "spending_validate"
    scope = Scope.TOKENS

    @operation(
        request=AmountBody,
        success={200: ValidationAnswer},
        errors=[FamilyNotFoundError, InvalidAmountError],
        parameters=[
            OpenApiParameter(
                "amount",
                {"type": "integer", "minimum": 1, "maximum": MOST_TOKENS},
                description="Instead of the body's.",
            )
        ],
    )
    def post(self, request: Request, family_id: str) -> Response:
        """Say what the spend would meet now; nothing is written, nothing reserved."""
        actor, amount = actor_of(request), _amount(request, self.body(AmountBody).get("amount"))
        account = queries.family_visible_to(actor, family_id)[queries.ACCOUNT]
        return Response(
            of_tokens.validation(account, actor.user_id, amount, now=clock.now(), sees_balance=True)
        )


class AvailableBalance(ApiView):
    """What the caller could spend."""

    @operation(success={200: AvailableAnswer}, errors=[FamilyNotFoundError])
    def get(self, request: Request, family_id: str) -> Response:
        """Return the balance, and how much of it the caller could spend at once."""
        actor, now = actor_of(request), clock.now()
        waiting = request_queries.joined_pending(family_id, actor.user_id, now=now)
        family = queries.family_visible_to(actor, family_id, then=waiting)
        return Response(answers.available(family, actor, now))


class Transfer(ApiView):
    """Pay of the family's account."""

    limited_as = "account_transfer"
    scope = Scope.TOKENS
    asks_second_factor = frozenset({"POST"})
    kept_as = "account_transfer"
    kept_forever = True
    counted_as = {"POST": operations.of_tokens("transfer")}

    @operation(
        request=TransferBody,
        success={200: TransferAnswer},
        errors=[*SPENDING, SelfTransferError, FamilyNotFoundError, RecipientNotFoundError],
    )
    def post(self, request: Request, family_id: str) -> Response:
        """Pay somebody of the family's account."""
        body = self.body(TransferBody)
        paid = spending.transfer(
            family_id,
            Recipient(body["recipient_identifier"], by_username=body["recipient_type"] == "username"),
            body["amount"],
            reason=body.get("reason"),
            actor=actor_of(request),
            now=clock.now(),
        )
        return Response(ok("The tokens were transferred.") | {"data": answers.transferred(paid)})


class Contribute(ApiView):
    """Pay into the family's account."""

    limited_as = "account_contribute"
    scope = Scope.TOKENS
    kept_as = "account_contribute"
    kept_forever = True
    counted_as = {"POST": operations.of_tokens("contribute")}

    @operation(
        request=ContributeBody,
        success={201: ContributionAnswer},
        errors=[*SPENDING, FamilyNotFoundError, AccountNotFoundError],
    )
    def post(self, request: Request, family_id: str) -> Response:
        """Pay of the caller's own account into the family's, also while that is frozen."""
        body = self.body(ContributeBody)
        paid = spending.contribute(
            family_id, body["amount"], note=body.get("note"), actor=actor_of(request), now=clock.now()
        )
        return Response(answers.contributed(paid), status=201)


def _set(request: Request, family_id: str, user_id: str, body: Document) -> Document:
    """Set a member's rights as a body says; returns the family with its account and newest entries."""
    wanted = Wanted(
        body["can_spend"],
        body["spending_limit"],
        body.get("period_limit"),
        keeps_period="period_limit" not in body,
    )
    return spending.set_permissions(
        family_id,
        user_id,
        wanted,
        actor=actor_of(request),
        now=clock.now(),
        only_if=lambda account: etags.require_match(request, answers.etag(account)),
    )


def _rights_of(account: Document, user_id: str) -> Document:
    return next(rights(each) for each in account["holders"] if each["user_id"] == user_id)


def _amount(request: Request, in_body: int | None) -> int:
    """Return the amount that is asked about, from the body or from the query.

    Raises:
        InvalidAmountError: the query's is none.
        ValidationFailedError: there is none, or both say different things.
    """
    sent = request.query_params.get("amount")
    if sent is None:
        if in_body is None:
            raise ValidationFailedError([FieldFault("amount", "required", "An amount is needed.")])
        return in_body
    if not _NUMBER.match(sent):
        raise InvalidAmountError(FieldFault("query.amount", "invalid_type", "An integer is needed."))
    amount = int(sent)
    if not 1 <= amount <= MOST_TOKENS:
        code = "too_small" if amount < 1 else "too_large"
        raise InvalidAmountError(FieldFault("query.amount", code, f"Possible: 1 to {MOST_TOKENS}."))
    if in_body not in {None, amount}:
        raise ValidationFailedError([FieldFault("query.amount", "not_allowed", "The body says another.")])
    return amount
