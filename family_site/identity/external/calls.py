"""Calls to the provider: each with an end in time and size, none that is led on elsewhere.

No line of a log and no error holds what was sent or what came back.
"""

import functools
import json
import logging
import time
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx

from ops import deadline

CALL_SECONDS = 3.0
MOST_BYTES = 512 * 1024  # the keys of a large provider have a tenth of it
for _library in ("httpx", "httpcore"):  # they would tell the address of every call, and heads of answers
    logging.getLogger(_library).setLevel(logging.WARNING)


class ProviderUnavailableError(Exception):
    """The provider does not answer, or nothing that anything can be made of; says why, for operators."""


class Answer(NamedTuple):
    """What the provider said: status of HTTP, and the object in it."""

    status: int
    said: dict[str, Any]


def ask(
    method: str, address: str, *, headers: dict[str, str] | None = None, body: str | None = None
) -> Answer:
    """Call the provider; takes no longer than ``CALL_SECONDS``, nor than this thread has time.

    Raises:
        ProviderUnavailableError: no answer in time, a failure of its own, or no object of JSON.
    """
    left = deadline.remaining()
    seconds = CALL_SECONDS if left is None else min(CALL_SECONDS, left)
    try:
        status, content = _answer(method, address, headers, body, seconds)
        said = {} if status >= HTTPStatus.INTERNAL_SERVER_ERROR else json.loads(content)
    except httpx.HTTPError as error:
        raise ProviderUnavailableError(type(error).__name__) from None  # its text may hold the address
    except ValueError:
        raise ProviderUnavailableError("its answer is not JSON") from None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not isinstance(said, dict):
        raise ProviderUnavailableError(f"it answered {status}")
    return Answer(status, said)


def _answer(
    method: str, address: str, headers: dict[str, str] | None, body: str | None, seconds: float
) -> tuple[int, bytes]:
    if seconds <= 0:
        raise ProviderUnavailableError("there is no time left to ask it")
    ends_at = time.monotonic() + seconds
    content = b""
    accept = {"Accept": "application/json"} | (headers or {})
    with _client().stream(method, address, headers=accept, content=body, timeout=seconds) as answer:
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > MOST_BYTES:
                raise ProviderUnavailableError("its answer has no end")
            if time.monotonic() > ends_at:  # the library's limit is for each piece
                raise ProviderUnavailableError("it is too slow")
        return answer.status_code, content


@functools.cache
def _client() -> httpx.Client:
    """One for all threads: it keeps the trusted certificates, which take long to read, and no connection."""
    return httpx.Client(
        follow_redirects=False,
        headers={"User-Agent": "family-management-system"},
        limits=httpx.Limits(max_keepalive_connections=0),
    )
