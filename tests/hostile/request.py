"""One request, as it goes over the wire, and which answers to it are right."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from tests.hostile.operations import Operation

Headers = list[tuple[str, str]]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_TARGET = re.compile(r"/[\x21-\x7e]*\Z")
# What llhttp, the server's parser, knows; any other word is no HTTP to it.
_METHODS = frozenset(
    [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "CONNECT",
        "OPTIONS",
        "TRACE",
        "COPY",
        "LOCK",
        "MKCOL",
        "MOVE",
        "PROPFIND",
        "PROPPATCH",
        "SEARCH",
        "UNLOCK",
        "BIND",
        "REBIND",
        "UNBIND",
        "ACL",
        "REPORT",
        "MKACTIVITY",
        "CHECKOUT",
        "MERGE",
        "M-SEARCH",
        "NOTIFY",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "PATCH",
        "PURGE",
        "MKCALENDAR",
        "LINK",
        "UNLINK",
        "SOURCE",
        "QUERY",
    ]
)


@dataclass(frozen=True)
class Request:
    """A request.

    Args:
        target: path and query as they are sent; text is latin-1.
        allowed: the statuses that a right answer has.
        fault: the field that a refusal of the body must name; ``""``: any.
    """

    operation: Operation
    method: str
    target: str
    headers: Headers
    body: bytes = b""
    allowed: frozenset[int] = frozenset()
    fault: str = ""
    has_host: bool = field(default=True, compare=False)

    @property
    def raw(self) -> bytes:
        """The bytes; a body has its right length."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        if self.has_host and not any(name.lower() == "host" for name, _ in self.headers):
            lines.append("Host: localhost")
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body or self.method in {"POST", "PUT", "PATCH"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body

    @property
    def is_http(self) -> bool:
        """Whether it keeps to the grammar; what does not, the server's parser may refuse in its own words."""
        return (
            self.method in _METHODS
            and bool(_TARGET.match(self.target))
            and all(_TOKEN.match(name) and _VALUE.match(value) for name, value in self.headers)
        )

    def but(self, **changes: Any) -> "Request":
        """Return one that differs so."""
        return replace(self, **changes)
