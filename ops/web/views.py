"""The base of every API view: the order of checks, and the body read once and strictly.

Source: HTTP contract, sections 1.1 and 1.2 (order of checks).
"""

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import structlog
from django.http import QueryDict
from django.utils.cache import patch_cache_control
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.views import APIView

from ops import errors, scopes, second_factor, security
from ops.access import gate
from ops.actors import Actor, ActorKind, Scope
from ops.errors import FieldFault, ValidationFailedError
from ops.limits.table import READ
from ops.metrics.operations import Operation
from ops.read_only import mode
from ops.security import SecurityEventType
from ops.web import limiting, replays
from ops.web.callers import anonymous
from ops.web.negotiation import Negotiation
from ops.web.problems import Refusal
from ops.web.replays import Keeping
from ops.web.serializers import StrictSerializer

PAGING_BY_NUMBER = ("skip", "offset")
_FAMILY_ID = re.compile(r"fam_[0-9a-f]{30}\Z")


class ApiView(APIView):
    """A path of the API."""

    # Whether credentials are not looked at; by method (``{"GET"}``) where only some of them are public.
    public: ClassVar[bool | frozenset[str]] = False
    # Name of what a POST does, the same for all its paths and for ever: idempotency keys are kept under it.
    # ``None``: an answer that holds a secret, or that there is no use in giving again, is not kept.
    kept_as: ClassVar[str | None] = None
    # Whether its answers are kept for ever: it moves tokens, and one intent must never move them twice.
    kept_forever: ClassVar[bool] = False
    # A field of the body that is an older form of the header ``Idempotency-Key``.
    key_field: ClassVar[str | None] = None
    # What a caller must be permitted as staff, for example ``ops.run_cleanup``, or ``ANY_STAFF``; for all
    # methods, or by method (``{"POST": …}``: the others are for every user).
    required_permission: ClassVar[str | Mapping[str, str] | None] = None
    # The row of ``ops.limits.table`` that its calls are counted by: for all methods, or by method. A read
    # without one is a ``read``.
    limited_as: ClassVar[str | Mapping[str, str]] = READ
    # Which permanent tokens open it: the scope of its changes, or by method. Where nothing is said, reads
    # need `read` and staff's paths `admin`; other changes need a sign-in, as all do that say ``None``.
    scope: ClassVar[Scope | Mapping[str, Scope | None] | None] = None
    # The methods whose change may need a fresh second factor; the action asks for it.
    asks_second_factor: ClassVar[frozenset[str]] = frozenset()
    # What its calls are counted as in the metrics, by method; what is not there is no operation.
    counted_as: ClassVar[Mapping[str, Operation]] = MappingProxyType({})
    # Whether it also answers whom a rule of access keeps out.
    open_to_blocked: ClassVar[bool] = False
    # Whether its changes go on while changes by users are closed: people save themselves by it. What staff
    # does goes on anyway.
    open_when_read_only: ClassVar[bool] = False
    # For operators' paths: the command that does the same on the machine; told to who is not signed in.
    hint: ClassVar[str | None] = None
    content_negotiation_class = Negotiation
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]  # noqa: RUF012  # Django's form
    format_kwarg = None  # DRF sets it in the `initial` that ours replaces

    def get_authenticators(self) -> list[Any]:
        """Return who looks at credentials: nobody for a public view."""
        request: Any = getattr(self, "request", None)  # none yet while the schema is made
        method = request.method if request else ""
        return [] if self.is_public(method) else super().get_authenticators()

    def get_parsers(self) -> list[Any]:
        """Return who reads bodies: the same for all requests, since they keep nothing."""
        return _parsers(tuple(self.parser_classes))

    @classmethod
    def is_public(cls, method: str) -> bool:
        """Tell whether anybody may call this method; a HEAD is a GET."""
        if isinstance(cls.public, bool):
            return cls.public
        return as_declared(method) in cls.public

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002  # DRF's signature
        """Check in the contract's order: method, authentication, representation, query, right."""
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise errors.MethodNotAllowedError(self.allowed_methods)
        self.perform_authentication(request)
        _name_in_log(kwargs)
        if self.is_public(method):
            self.count_public(request, self.operation_of(method))
        elif request.user is None:
            raise errors.AuthenticationRequiredError(hint=self.hint)
        if not self.open_to_blocked:
            gate.refuse_blocked(address=request.META.get("REMOTE_ADDR"), user_id=_user_of(request))
        scopes.require(actor_of(request), self.scope_of(method))
        limiting.refuse(request)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        _refuse_numbered_pages(request)
        if (required := self.permission_for(method)) is not None:
            require_right(actor_of(request), required)
        elif as_declared(method) != "GET" and not self.open_when_read_only:
            mode.refuse()

    @classmethod
    def operation_of(cls, method: str) -> str:
        """Return whose limit a method's calls are counted against."""
        if isinstance(cls.limited_as, str):
            return cls.limited_as
        return cls.limited_as.get(as_declared(method), READ)

    @classmethod
    def scope_of(cls, method: str) -> Scope | None:
        """Return which scope of a permanent token opens a method; ``None``: none does."""
        declared, scope = as_declared(method), cls.scope
        if isinstance(scope, Mapping) and declared in scope:
            return scope[declared]
        if cls.permission_for(declared) is not None:
            return Scope.ADMIN
        if declared == "GET":
            return Scope.READ
        return None if isinstance(scope, Mapping) else scope

    def count_public(self, request: Request, operation: str) -> None:
        """Count a call of whoever it is, by where it came from; one that is counted otherwise says how."""
        limiting.count_address(request, operation)

    @classmethod
    def permission_for(cls, method: str) -> str | None:
        """Return what a caller must be permitted as staff; ``None``: nothing, every user may call."""
        required = cls.required_permission
        if required is None or isinstance(required, str):
            return required
        return required.get(as_declared(method))

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Check, act once, answer; a refusal on the way is an answer, too."""
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(self.request, *args, **kwargs)
            answer = self._act(self.request, kwargs)
        except Exception as error:  # noqa: BLE001  # the handler knows them all
            answer = self.handle_exception(error)
        if (operation := self.operation_counted()) is not None:
            operation.note(answer.status_code, answer.code if isinstance(answer, Refusal) else None)
        return self.finalize_response(self.request, answer, *args, **kwargs)

    def operation_counted(self) -> Operation | None:
        """Return what this call is counted as; ``None``: nothing."""
        return self.counted_as.get(self.request.method or "")

    def _act(self, request: Request, where: Mapping[str, Any]) -> Any:
        handler = getattr(self, (request.method or "").lower())
        kept_as = self.kept_as if request.method == "POST" else None
        keeping = Keeping(kept_as, self.kept_forever, self.key_field) if kept_as else None
        if as_declared(request.method or "") in self.asks_second_factor:
            self._look_for_second_factor(request, keeping, where)
        if keeping is None:
            return handler(request, **where)
        caller = actor_of(request).id
        return replays.answer(
            request, functools.partial(handler, request, **where), keeping, where, caller=caller
        )

    def _look_for_second_factor(
        self, request: Request, keeping: Keeping | None, where: Mapping[str, Any]
    ) -> None:
        """Note what confirms the caller; a code that comes again with an intent that was met is no guess."""
        actor, code = actor_of(request), request.headers.get(second_factor.HEADER)
        if not actor.has_second_factor:
            return
        if code and keeping and replays.was_answered(request, keeping, where, caller=actor.id):
            return
        request.user = second_factor.looked_at(actor, code)  # type: ignore[assignment]  # ours are actors

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return none: ``Allow`` stands with a 405 only."""
        return {}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep private answers out of every cache."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if not answer.has_header("Cache-Control"):
            if answer.has_header("ETag"):
                patch_cache_control(answer, private=True, no_cache=True)
            else:
                answer["Cache-Control"] = "no-store"
        return answer

    def body(self, serializer: type[StrictSerializer]) -> dict[str, Any]:
        """Return the checked body.

        Raises:
            ValidationFailedError: with every faulty field.
        """
        data = self.request.data
        # No body comes as an empty form, whatever was declared.
        return serializer.checked({} if isinstance(data, QueryDict) else data)


@functools.cache
def _parsers(kinds: tuple[type[BaseParser], ...]) -> list[BaseParser]:
    return [kind() for kind in kinds]


def actor_of(request: Request) -> Actor:
    """Return who is calling; anonymous on a public view."""
    if isinstance(request.user, Actor):
        return request.user
    return anonymous(request)


def require_right(actor: Actor, required: str) -> None:
    """See to it that the caller is staff with a permission, for example ``ops.run_cleanup``.

    Raises:
        TwoFactorSetupRequiredError, FreshTwoFactorRequiredError: they are staff, and have still to set up a
            second factor, or to show theirs.
        InsufficientPermissionsError: they lack it.
    """
    if actor.may(required):
        return
    if actor.kind == ActorKind.STAFF:
        second_factor.require_of_staff(actor)
        # An operator should know that a member of staff asks for what their roles do not let them.
        security.record(SecurityEventType.STAFF_REFUSED, actor.id, {"required": required})
    raise errors.InsufficientPermissionsError(required=required)


def _name_in_log(where: Mapping[str, Any]) -> None:
    """Let each line of the log from here on say in which family it is; whose it is says the sign-in."""
    if _FAMILY_ID.match(where.get("family_id", "")):  # else it may be anything, a secret that went astray too
        structlog.contextvars.bind_contextvars(family=where["family_id"])


def _user_of(request: Request) -> str | None:
    """Return who has shown who they are; ``None``: nobody has, or a public view did not ask."""
    return request.user.id if isinstance(request.user, Actor) else None


def as_declared(method: str) -> str:
    """Return under which method a view says what holds for this one: a HEAD is a GET."""
    return "GET" if method.upper() == "HEAD" else method.upper()


def _refuse_numbered_pages(request: Request) -> None:
    if "QUERY_STRING" not in request.META or not request.META["QUERY_STRING"]:
        return
    faults = [
        FieldFault(f"query.{name}", "use_cursor", "Pages are asked for by cursor.")
        for name in PAGING_BY_NUMBER
        if name in request.query_params
    ]
    if faults:
        raise ValidationFailedError(faults)
