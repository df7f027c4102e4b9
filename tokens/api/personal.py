"""The caller's own account: seen, paid from, annotated. Source: HTTP contract, section 8."""

from django.http import HttpResponseBase
from rest_framework.request import Request

from ops import clock
from ops.actors import Scope
from ops.errors import EmailNotConfirmedError
from ops.metrics import operations
from ops.web import cursors
from ops.web.answers import Response
from ops.web.moments import InvalidDateFormatError
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of
from tokens import queries
from tokens.actions import notes, paying
from tokens.actions.paying import Payment
from tokens.api import answers, statements
from tokens.api.bodies import NoteAnswer, NoteBody, OwnAccountAnswer, OwnStatementPage, SendBody, SentAnswer
from tokens.errors import (
    AccountFrozenError,
    AccountNotFoundError,
    InsufficientBalanceError,
    NoSpendingPermissionError,
    RecipientNotFoundError,
    SelfTransferError,
    SpendingLimitExceededError,
    TransactionNotFoundError,
)
from tokens.rules import Kind

# What a spend can meet, whatever is paid for.
SPENDING = (
    AccountFrozenError,
    NoSpendingPermissionError,
    SpendingLimitExceededError,
    InsufficientBalanceError,
    EmailNotConfirmedError,
)


class OwnAccount(ApiView):
    """The caller's own account."""

    @operation(success={200: OwnAccountAnswer}, errors=[AccountNotFoundError])
    def get(self, request: Request) -> Response:
        """Return the caller's balance."""
        actor = actor_of(request)
        return Response(answers.own_account(queries.personal_account(actor), actor.name, clock.now()))


class Send(ApiView):
    """Send tokens."""

    limited_as = "token_send"
    scope = Scope.TOKENS
    asks_second_factor = frozenset({"POST"})
    kept_as = "token_send"
    kept_forever = True
    key_field = "transaction_id"
    counted_as = {"POST": operations.of_tokens("send")}

    @operation(
        request=SendBody,
        success={200: SentAnswer},
        errors=[*SPENDING, SelfTransferError, AccountNotFoundError, RecipientNotFoundError],
    )
    def post(self, request: Request) -> Response:
        """Send tokens to somebody: of one's own account, or of one that one may spend of."""
        body, payer = self.body(SendBody), None
        if "from_account" in body:
            payer = body["from_account"].lower()
        paid = paying.send(
            body["to_user"].lower(),
            Payment(Kind.SEND, body["amount"], body.get("note")),
            actor=actor_of(request),
            now=clock.now(),
            from_username=payer,
        )
        return Response(ok("The tokens were sent.") | answers.sent(paid))


class OwnTransactions(ApiView):
    """The caller's statement."""

    renderer_classes = statements.RENDERERS

    @operation(
        success=statements.success(OwnStatementPage),
        errors=[AccountNotFoundError, InvalidDateFormatError],
        parameters=statements.PARAMETERS,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return a page of the caller's statement, newest first; as CSV all of a range."""
        actor, wanted = actor_of(request), statements.asked(request, clock.now())
        if statements.wants_file(request):
            return statements.file(queries.personal_account(actor), wanted)
        paging = cursors.asked(request, actor, "own_transactions", statements.bound(request))
        page = statements.page(paging, queries.personal_account(actor), wanted)
        return Response(page | {"username": actor.name})


class TransactionNote(ApiView):
    """A note of a transaction."""

    limited_as = "note_update"
    scope = Scope.TOKENS

    @operation(
        request=NoteBody, success={200: NoteAnswer}, errors=[AccountNotFoundError, TransactionNotFoundError]
    )
    def patch(self, request: Request) -> Response:
        """Write the note of a transaction into the caller's own statement; the other party's copy stays."""
        body = self.body(NoteBody)
        entry = notes.annotate(body["transaction_id"], body["note"], actor=actor_of(request), now=clock.now())
        shown = {"transaction_id": entry["transaction"], "note": entry["note"]}
        return Response(ok("The note is written.") | shown)
