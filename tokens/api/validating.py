"""Whether somebody could spend so much now: nothing is written, nothing reserved.

Source: HTTP contract, sections 8 (validate-spending) and 19 (dry run).
"""

from rest_framework.request import Request

from ops import clock
from ops.actors import Scope
from ops.web.answers import Response
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of
from tokens import queries
from tokens.api import answers
from tokens.api.bodies import ValidateBody, ValidationAnswer
from tokens.errors import AccountNotFoundError


class ValidateSpending(ApiView):
    """A spend by anybody of an account by name."""

    open_when_read_only = True
    limited_as = "spending_validate"
    scope = Scope.TOKENS

    @operation(request=ValidateBody, success={200: ValidationAnswer}, errors=[AccountNotFoundError])
    def post(self, request: Request) -> Response:
        """Say what the spend would meet; for the spender, who manages the account, and staff."""
        actor, body = actor_of(request), self.body(ValidateBody)
        account = queries.account_to_validate(actor, body["account_username"].lower(), body["user_id"])
        return Response(
            answers.validation(
                account,
                body["user_id"],
                body["amount"],
                now=clock.now(),
                sees_balance=queries.sees_balance(account, actor),
            )
        )
