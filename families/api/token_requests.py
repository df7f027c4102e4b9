"""Ask a family's account for tokens, and decide on it. Source: HTTP contract, section 9."""

from rest_framework.request import Request

from families import queries
from families.actions import requesting, reviewing
from families.api import request_answers as answers
from families.api.request_bodies import (
    APPROVE,
    COMMENTS,
    DENY,
    STATUSES,
    ReviewBody,
    ReviewedAnswer,
    TokenRequestAnswer,
    TokenRequestBody,
    TokenRequestPage,
)
from families.errors import FamilyNotFoundError, SelfApprovalForbiddenError
from ops import clock
from ops.actors import Scope
from ops.errors import EmailNotConfirmedError, InsufficientPermissionsError
from ops.metrics import operations
from ops.web import cursors, filters
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of
from tokens import request_queries
from tokens.errors import (
    AccountFrozenError,
    AccountNotFoundError,
    InsufficientBalanceError,
    RecipientNotFoundError,
    RequestNotPendingError,
    TokenRequestNotFoundError,
)
from tokens.rules.requests import TOKENS, Urgency

MESSAGES = {APPROVE: "The request was approved, and the tokens are paid.", DENY: "The request was denied."}


class AskForTokens(ApiView):
    """Ask for tokens."""

    limited_as = {"POST": "token_request"}
    scope = Scope.TOKENS
    kept_as = "token_request"
    kept_forever = True
    counted_as = {"POST": operations.of_tokens("request")}

    @operation(
        request=TokenRequestBody,
        success={201: TokenRequestAnswer},
        errors=[FamilyNotFoundError, AccountFrozenError, AccountNotFoundError, EmailNotConfirmedError],
    )
    def post(self, request: Request, family_id: str) -> Response:
        """Ask for tokens of the family's account; as far as it is set so, they are paid at once."""
        actor, now, body = actor_of(request), clock.now(), self.body(TokenRequestBody)
        urgency = Urgency(body["urgency"])
        asked = requesting.request_tokens(
            family_id, body["amount"], body["reason"], urgency, actor=actor, now=now
        )
        return Response(answers.token_request(asked, now), status=201)


class TokenRequests(AskForTokens):
    """Requests for tokens of a family."""

    @operation(
        success={200: TokenRequestPage},
        errors=[FamilyNotFoundError, filters.InvalidStatusFilterError],
        parameters=[*filters.parameters(STATUSES), *cursors.PARAMETERS],
    )
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page, newest first; who is no admin sees their own."""
        actor, now = actor_of(request), clock.now()
        status = filters.status(request, STATUSES)
        where = {"family_id": family_id, "status": status}
        paging = cursors.asked(request, actor, "token_requests", where)
        family = queries.family_visible_to(actor, family_id)
        own = None if queries.is_admin(family, actor.user_id) else actor.user_id
        page = request_queries.of_family(
            TOKENS, family_id, paging.part, now=now, status=status, requester_id=own
        )
        return Response(paging.body(page, [answers.token_request(each, now) for each in page.rows]))


class PendingTokenRequests(ApiView):
    """What waits for an admin."""

    @operation(
        success={200: TokenRequestPage},
        errors=[FamilyNotFoundError, InsufficientPermissionsError],
        parameters=cursors.PARAMETERS,
    )
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page of what waits, oldest first."""
        actor, now = actor_of(request), clock.now()
        paging = cursors.asked(request, actor, "pending_token_requests", {"family_id": family_id})
        queries.family_managed_by(actor, family_id)
        page = request_queries.pending_of_family(TOKENS, family_id, paging.part, now=now)
        return Response(paging.body(page, [answers.token_request(each, now) for each in page.rows]))


class MyTokenRequests(ApiView):
    """What the caller asked for."""

    @operation(success={200: TokenRequestPage}, errors=[FamilyNotFoundError], parameters=cursors.PARAMETERS)
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page of the caller's own, newest first."""
        actor, now = actor_of(request), clock.now()
        paging = cursors.asked(request, actor, "my_token_requests", {"family_id": family_id})
        queries.family_visible_to(actor, family_id)
        page = request_queries.of_family(TOKENS, family_id, paging.part, now=now, requester_id=actor.user_id)
        return Response(paging.body(page, [answers.token_request(each, now) for each in page.rows]))


class ReviewTokenRequest(ApiView):
    """Decide on a request for tokens."""

    limited_as = "token_review"
    scope = Scope.TOKENS
    kept_as = "token_review"
    kept_forever = True
    counted_as = {"POST": operations.of_tokens("review")}

    @operation(
        request=ReviewBody,
        success={200: ReviewedAnswer},
        errors=[
            FamilyNotFoundError,
            InsufficientPermissionsError,
            TokenRequestNotFoundError,
            RequestNotPendingError,
            SelfApprovalForbiddenError,
            RecipientNotFoundError,
            AccountFrozenError,
            InsufficientBalanceError,
            EmailNotConfirmedError,
        ],
    )
    def post(self, request: Request, family_id: str, request_id: str) -> Response:
        """Approve it, which pays it, or deny it; what cannot be paid now waits on."""
        actor, now, body = actor_of(request), clock.now(), self.body(ReviewBody)
        comments = next((body[name] for name in COMMENTS if body.get(name)), None)
        decide = reviewing.approve if body["action"] == APPROVE else reviewing.deny
        decided = decide(TOKENS, family_id, request_id, actor=actor, now=now, comments=comments)
        return Response(ok(MESSAGES[body["action"]]) | answers.reviewed(decided, body["action"], now))


class OneTokenRequest(ApiView):
    """A request for tokens."""

    limited_as = "token_request"
    scope = Scope.TOKENS

    @operation(
        success={200: TokenRequestAnswer},
        errors=[
            FamilyNotFoundError,
            InsufficientPermissionsError,
            TokenRequestNotFoundError,
            RequestNotPendingError,
        ],
    )
    def delete(self, request: Request, family_id: str, request_id: str) -> Response:
        """Take back what the caller asked for."""
        now = clock.now()
        cancelled = requesting.withdraw(family_id, request_id, actor=actor_of(request), now=now)
        return Response(answers.token_request(cancelled, now))
