"""The statement of a family's account. Source: HTTP contract, section 8."""

from django.http import HttpResponseBase
from rest_framework.request import Request

from families import queries
from families.api.account_bodies import StatementPage
from families.errors import FamilyNotFoundError
from ops import clock
from ops.web import cursors
from ops.web.answers import Response
from ops.web.moments import InvalidDateFormatError
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of
from tokens.api import statements


class Transactions(ApiView):
    """The statement of a family's account."""

    renderer_classes = statements.RENDERERS

    @operation(
        success=statements.success(StatementPage),
        errors=[FamilyNotFoundError, InvalidDateFormatError],
        parameters=statements.PARAMETERS,
    )
    def get(self, request: Request, family_id: str) -> HttpResponseBase:
        """Return a page of the statement, newest first; as CSV all of a range."""
        actor, wanted = actor_of(request), statements.asked(request, clock.now())
        if statements.wants_file(request):
            return statements.file(queries.family_visible_to(actor, family_id)[queries.ACCOUNT], wanted)
        where = statements.bound(request, family_id=family_id)
        paging = cursors.asked(request, actor, "account_transactions", where)
        account = queries.family_visible_to(actor, family_id)[queries.ACCOUNT]
        shown = {"family_id": family_id, "account_username": account["username"]}
        return Response(statements.page(paging, account, wanted) | shown)
