"""The caller's permanent tokens, for programs that act in their name. Source: HTTP contract, section 11."""

from typing import Any

from rest_framework.request import Request

from family_site.identity import rules, token_queries
from family_site.identity.actions import permanent_tokens
from family_site.identity.actions.permanent_tokens import Wanted
from family_site.identity.api.token_bodies import (
    PermanentTokenAnswer,
    PermanentTokenBody,
    PermanentTokenMade,
)
from ops import clock
from ops.actors import Scope
from ops.errors import EmailNotConfirmedError, NotFoundError
from ops.mongo.collections import Document
from ops.second_factor import TwoFactorSetupRequiredError
from ops.web.answers import Response
from ops.web.moments import moment_of
from ops.web.schema import OkAnswer, ok, operation
from ops.web.views import ApiView, actor_of


class PermanentTokens(ApiView):
    """Which programs act in my name?"""

    limited_as = {"GET": "api_token_list", "POST": "api_token_create"}  # as declared
    scope = {"GET": None}  # as above
    asks_second_factor = frozenset({"POST"})

    @operation(success={200: PermanentTokenAnswer(many=True)})
    def get(self, request: Request) -> Response:
        """Return the caller's tokens, newest first, those that have ended for 30 days among them."""
        found = token_queries.tokens_of(actor_of(request).user_id)
        return Response([_shown(each) for each in found])

    @operation(
        request=PermanentTokenBody,
        success={201: PermanentTokenMade},
        errors=[EmailNotConfirmedError, TwoFactorSetupRequiredError],
    )
    def post(self, request: Request) -> Response:
        """Make a token, of which 20 can be in force. It is shown this once, and ends with the password."""
        body = self.body(PermanentTokenBody)
        wanted = Wanted(
            body["description"],
            [Scope(each) for each in body["scopes"]],
            list(dict.fromkeys(str(rules.network_of(each)) for each in body.get("ip_restrictions", ()))),
            moment_of(body["expires_at"]) if "expires_at" in body else None,
        )
        made = permanent_tokens.create(wanted, actor=actor_of(request), now=clock.now())
        return Response(_described(made.document) | {"token": made.token}, status=201)


class OnePermanentToken(ApiView):
    """A token of the caller's."""

    open_when_read_only = True
    limited_as = "api_token_revoke"

    @operation(success={200: OkAnswer}, errors=[NotFoundError])
    def delete(self, request: Request, token_id: str) -> Response:
        """Revoke it: it is refused from the next request on."""
        permanent_tokens.revoke(token_id, actor=actor_of(request), now=clock.now())
        return Response(ok("The token is revoked."))


def _described(token: Document) -> dict[str, Any]:
    return {
        "token_id": token["_id"],
        **{name: token[name] for name in ("description", "scopes", "ip_restrictions")},
        **{name: token[name] for name in ("expires_at", "created_at")},
    }


def _shown(token: Document) -> dict[str, Any]:
    return _described(token) | {name: token[name] for name in ("last_used_at", "usage_count", "is_revoked")}
