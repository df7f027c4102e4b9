"""Calls and their limits: what is counted for a request, what a full limit answers, what every answer tells.

Source: HTTP contract, section 3.
"""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from redis.exceptions import RedisError

from ops.addresses import LOOPBACK, parsed
from ops.limits import counting, store
from ops.limits.counting import Usage
from ops.limits.table import HEALTH_PROBE, LIMITS, UNAUTHENTICATED, Key
from ops.redis import value_of


def count_caller(
    request: Any, operation: str, *, user_id: str, session_id: str, look_up: str
) -> bytes | None:
    """Count a call of a user and, in the same round trip, read what Redis has under a key.

    Whether it was one too many is for ``refuse`` to say, once it is known that the call is theirs.

    Returns:
        The value; ``None``: there is none, or Redis is away.
    """
    usage, value = counting.count_and_look(operation, _who(request, operation, user_id, session_id), look_up)
    if usage is None:
        return _value(look_up)
    _usages(request).append(usage)
    return value


def count_user(request: Any, operation: str, *, user_id: str, session_id: str) -> None:
    """Count a call of a user who came with something else than a session: its id stands for one."""
    count(request, operation, _who(request, operation, user_id, session_id))


def count(request: Any, operation: str, who: str) -> None:
    """Count a call by what its operation is counted by."""
    if usage := counting.count(operation, who):
        _usages(request).append(usage)


def count_address(request: Any, operation: str) -> None:
    """Count a call by where it came from."""
    count(request, operation, address_of(request))


def take_back(request: Any) -> None:
    """Uncount a call that was not the caller's after all: their session is over."""
    usages = _usages(request)
    while usages:
        store.take_back(usages.pop().counter)


def refuse(request: Any) -> None:
    """End a call that is one too many.

    Raises:
        RateLimitExceededError: it is.
    """
    for usage in _usages(request):
        # A look of the machine at itself must be answered: on it hangs whether requests are sent here.
        if usage.is_over and not (usage.limit.operation == HEALTH_PROBE and _is_local(request)):
            raise counting.refusal(usage)


def count_and_refuse(request: Any, operation: str) -> None:
    """Count a call by where it came from, and end it if it is one too many: for forms of pages.

    Raises:
        RateLimitExceededError: it is.
    """
    count_address(request, operation)
    refuse(request)


def count_outsider(request: HttpRequest, answer: HttpResponseBase, *, is_page: bool) -> None:
    """Count what never came as far as its operation: no sign-in, no such path, no such method.

    Raises:
        RateLimitExceededError: there were too many of them from there.
    """
    status = answer.status_code
    if status == 401 or (status >= 400 and not is_page and not _usages(request)):  # noqa: PLR2004  # HTTP's
        count_address(request, UNAUTHENTICATED)
        usage = _usages(request)[-1:]
        if usage and usage[0].is_over and usage[0].limit.operation == UNAUTHENTICATED:
            raise counting.refusal(usage[0])


def tell(request: HttpRequest, answer: HttpResponseBase) -> None:
    """Tell of the tightest limit in the answer's headers, unless a refusal has told of its own."""
    if (usages := _usages(request)) and not answer.has_header("X-RateLimit-Limit"):
        for name, value in counting.tightest(usages).headers.items():
            answer[name] = value


def address_of(request: Any) -> str:
    """Return where a call came from; ``unknown``: it does not say."""
    return str(request.META.get("REMOTE_ADDR") or "unknown")


def _who(request: Any, operation: str, user_id: str, session_id: str) -> str:
    """Return by what a user's call of an operation is counted."""
    callers = {Key.USER: user_id, Key.SESSION: session_id, Key.ADDRESS: address_of(request)}
    return callers[LIMITS[operation].key]


def _is_local(request: Any) -> bool:
    return str(parsed(address_of(request))) in LOOPBACK


def _usages(request: Any) -> list[Usage]:
    """Return what was counted for a request so far: Django's, under whatever was put around it."""
    bare = getattr(request, "_request", request)
    usages: list[Usage] | None = getattr(bare, "limit_usages", None)
    if usages is None:
        usages = bare.limit_usages = []
    return usages


def _value(key: str) -> bytes | None:
    try:
        return value_of(key)
    except RedisError:
        return None
