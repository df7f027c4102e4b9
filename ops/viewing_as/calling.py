"""Asking the API's own views for what a person would be answered, in this process, changing nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, QueryDict
from django.urls import resolve
from rest_framework.authentication import BaseAuthentication

from ops import clock
from ops.access import in_force
from ops.actors import Actor
from ops.errors import AccessBlockedError, ConflictError
from ops.mongo import unit_of_work
from ops.web import problems

_reads_only: ContextVar[bool] = ContextVar("reads_only", default=False)


@dataclass(frozen=True)
class Answer:
    """What the person is answered; ``body``: the members of its JSON."""

    status: int
    body: Any

    @property
    def is_refusal(self) -> bool:
        """Whether it is none of what was asked for."""
        return self.status >= HTTPStatus.BAD_REQUEST


class _Known(BaseAuthentication):
    """Lets a call be a person's whose sign-in nobody has to look at, and does not count it as theirs."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def authenticate(self, request: Any) -> tuple[Actor, None]:  # noqa: ARG002  # DRF's signature
        return self.actor, None


def enter() -> None:
    """Let no unit of work begin while a view is asked so."""
    unit_of_work.guard(_refuse_changes)


def ask(path: str, actor: Actor, request: HttpRequest, *, query: str = "") -> Answer:
    """Return what a person is answered to a GET.

    Args:
        path: of the API.
        actor: the person.
        request: of the page that asks.
        query: parameters, as in an address.

    Raises:
        Resolver404: there is no such path.
    """
    call = _call(path, query, request)
    if in_force.current().block_user(actor.id, clock.now()):  # not by the gate, which records every knock
        return _read(problems.response(AccessBlockedError(), call))
    cls: Any = resolve(path).func.cls  # type: ignore[attr-defined]  # as_view() puts it there
    known: Any = (lambda: _Known(actor),)
    view = cls.as_view(authentication_classes=known, open_to_blocked=True, counted_as={})
    with _reading():
        return _read(view(call, **resolve(path).kwargs))


def _call(path: str, query: str, request: HttpRequest) -> HttpRequest:
    call: Any = HttpRequest()
    call.method, call.path, call.path_info = "GET", path, path
    call.GET = QueryDict(query)
    call.META = {
        "REMOTE_ADDR": request.META.get("REMOTE_ADDR", ""),
        "QUERY_STRING": query,
        "HTTP_ACCEPT": "application/json",
    }
    call.request_id = getattr(request, "request_id", None)
    made: HttpRequest = call
    return made


def _read(answer: Any) -> Answer:
    return Answer(answer.status_code, orjson.loads(answer.content))


@contextmanager
def _reading() -> Iterator[None]:
    before = _reads_only.set(True)
    try:
        yield
    finally:
        _reads_only.reset(before)


def _refuse_changes() -> None:
    if _reads_only.get():
        message = "What is only looked at cannot be changed."
        raise ConflictError(message)
