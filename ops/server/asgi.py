"""The shapes of ASGI and WSGI, as far as the bridge uses them.

Source: ASGI 3.0 (HTTP and lifespan), PEP 3333.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol, TypeAlias

from ops.errors import DomainError

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

Environ: TypeAlias = dict[str, Any]
WsgiApplication: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
RawHeaders: TypeAlias = list[tuple[bytes, bytes]]


class Refuse(Protocol):
    """Makes the one error shape of a refusal: status, headers and body."""

    def __call__(
        self, error: DomainError, *, request_id: str | None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return the answer; makes a request id when there is none."""


def header(headers: RawHeaders, name: bytes) -> bytes | None:
    """Return the first header of this (lower-case) name."""
    for each, value in headers:
        if each == name:
            return value
    return None
