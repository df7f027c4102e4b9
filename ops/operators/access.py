"""Whom rules of access keep out, and let in nevertheless. Source: HTTP contract, section 14."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from ops import clock
from ops.access import changing, listing
from ops.access.changing import Wanted
from ops.errors import FieldFault, NotFoundError, ValidationFailedError
from ops.guarding import AccessList, RuleKind
from ops.mongo.collections import Document
from ops.operators.access_bodies import (
    KINDS,
    LONGEST_REASON,
    LONGEST_VALUE,
    SHORTEST_REASON,
    RuleAnswer,
    RuleBody,
    RulePage,
)
from ops.web import cursors
from ops.web.answers import Response
from ops.web.moments import moment_of
from ops.web.schema import OkAnswer, ok, operation
from ops.web.serializers import Text
from ops.web.views import ApiView, actor_of

_KIND = {"type": "string", "enum": KINDS}
_VALUE = {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE}
_RULE = Text(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)
_REASON = {"type": "string", "minLength": SHORTEST_REASON, "maxLength": LONGEST_REASON}


class _Rules(ApiView):
    """The rules of one list."""

    which: ClassVar[AccessList]
    required_permission = "ops.manage_access"
    hint = "manage.py access"
    limited_as = {"GET": "read", "POST": "operator_write", "DELETE": "operator_write"}  # noqa: RUF012  # as declared

    @operation(
        success={200: RulePage},
        parameters=[
            OpenApiParameter("kind", _KIND, description="Only rules about such."),
            *cursors.PARAMETERS,
        ],
    )
    def get(self, request: Request) -> Response:
        """Return a page of rules, newest first, those included that have ended in the last 30 days."""
        actor, kind = actor_of(request), _kind(request)
        paging = cursors.asked(request, actor, f"access_{self.which}", {"kind": kind})
        page, now = listing.page(self.which, paging.part, kind=kind), clock.now()
        return Response(paging.body(page, [_told(each, now) for each in page.rows]))

    def _made(self, request: Request, make: Callable[..., Document]) -> Response:
        body, now = self.body(RuleBody), clock.now()
        until = moment_of(body["until"]) if body.get("until") else None
        wanted = Wanted(RuleKind(body["kind"]), body["value"], until, body["reason"])
        return Response(_told(make(wanted, actor=actor_of(request), now=now), now), status=201)

    @operation(
        success={200: OkAnswer},
        errors=[NotFoundError],
        parameters=[
            OpenApiParameter("kind", _KIND, required=True, description="What the rule is about."),
            OpenApiParameter("value", _VALUE, required=True, description="About which."),
            OpenApiParameter("reason", _REASON, description="Kept in the audit log."),
        ],
    )
    def delete(self, request: Request) -> Response:
        """Take a rule back; every process knows within two seconds."""
        kind, value, reason = _named(request)
        changing.remove(self.which, kind, value, actor=actor_of(request), now=clock.now(), reason=reason)
        return Response(ok("The rule is gone."))


class Blocklist(_Rules):
    """Who is kept out."""

    which = AccessList.BLOCK
    kept_as = "access_block"

    @operation(request=RuleBody, success={201: RuleAnswer})
    def post(self, request: Request) -> Response:
        """Keep out an address, a network, a user, or an e-mail address; known everywhere within two seconds.

        A rule that is there already gets the new end and reason.
        """
        return self._made(request, changing.block)


class Allowlist(_Rules):
    """Who is let in nevertheless."""

    which = AccessList.ALLOW
    kept_as = "access_allow"

    @operation(request=RuleBody, success={201: RuleAnswer})
    def post(self, request: Request) -> Response:
        """Let in what a block would keep out: a narrower network of a wider one, or a user from anywhere.

        A rule that is there already gets the new end and reason.
        """
        return self._made(request, changing.allow)


def _kind(request: Request) -> RuleKind | None:
    sent = request.query_params.get("kind")
    if sent is not None and sent not in KINDS:
        raise ValidationFailedError(
            [FieldFault("query.kind", "invalid_choice", f"Possible: {', '.join(KINDS)}.")]
        )
    return RuleKind(sent) if sent else None


def _named(request: Request) -> tuple[RuleKind, str, str | None]:
    """Return which rule a call is about, and why it shall go.

    Raises:
        ValidationFailedError: it does not say which; or its reason is too short, or too long.
    """
    kind, value = _kind(request), request.query_params.get("value", "").strip()
    reason, faults = _reason(request)
    if kind is None:
        faults.append(FieldFault("query.kind", "required", f"Possible: {', '.join(KINDS)}."))
    if not value:
        faults.append(FieldFault("query.value", "required", "Say about which address, network or user."))
    if kind is None or faults:
        raise ValidationFailedError(faults)
    return kind, value, reason


def _reason(request: Request) -> tuple[str | None, list[FieldFault]]:
    """Return the reason as it is stored, and what is wrong with it; ``None``: there is none."""
    sent = request.query_params.get("reason")
    try:
        return (None if sent is None else _RULE.to_internal_value(sent)), []
    except ValidationError as error:
        faults: Any = error.detail  # a list, as a field's always is
        return None, [FieldFault("query.reason", each.code, str(each)) for each in faults]


def _told(rule: Document, now: datetime) -> dict[str, Any]:
    told = {name: rule[name] for name in ("list", "kind", "value", "until", "reason", "by", "created_at")}
    return {"rule_id": rule["_id"], "in_force": rule["until"] is None or now < rule["until"], **told}
