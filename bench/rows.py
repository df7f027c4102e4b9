"""The rows of the report: which path of ours stands against which of the floor, and what is sent there."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.world import Caller

# A long statement is read by pages of as many entries as a short one has, so that the two can be compared.
SEND, STATEMENT = "/sbd_tokens/send", "/sbd_tokens/transactions?limit=10"
WITH_FAMILIES = 100  # callers who have families and ten entries
LONG_STATEMENT = 1_000_000
# Amounts come round after so many, long after a double click's ten seconds; none is a large transaction.
AMOUNTS = 499

Requests = Callable[[str, Sequence[Caller]], Iterator[bytes]]


def _gets(path: str, callers: Sequence[Caller]) -> Iterator[bytes]:
    return itertools.cycle([_request("GET", path, each) for each in callers[:WITH_FAMILIES]])


def _gets_by_one(path: str, callers: Sequence[Caller]) -> Iterator[bytes]:
    return itertools.repeat(_request("GET", path, callers[0]))


def _sends(path: str, callers: Sequence[Caller]) -> Iterator[bytes]:
    """Let everybody send to everybody, first to who is far: those who send at the same time do not meet."""
    for number in itertools.count(len(callers) * len(callers) // 2):
        payer = number % len(callers)
        to = (payer + 1 + number // len(callers) % (len(callers) - 1)) % len(callers)
        yield _send(path, callers[payer], callers[to], number)


def _sends_to_one(path: str, callers: Sequence[Caller]) -> Iterator[bytes]:
    """Let everybody send to the first."""
    hot, *others = callers
    for number in itertools.count():
        yield _send(path, others[number % len(others)], hot, number // len(others))


def _send(path: str, payer: Caller, to: Caller, number: int) -> bytes:
    # What either side sends is of other amounts: both write to the same accounts.
    least = 1 if path == SEND else 1 + AMOUNTS
    return _request("POST", path, payer, {"to_user": to.username, "amount": least + number % AMOUNTS})


def _request(method: str, path: str, caller: Caller, body: Any = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {caller.token}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: as the report calls it.
        path: ours.
        floor_path: the floor's.
        goal: least ratio to reach.
        requests: what is sent.
        may_conflict: the others may be quicker; such an answer is counted apart.
        entries: so many the first caller's statement needs; then it is measured only when asked for by name.
    """

    name: str
    path: str
    floor_path: str
    goal: float
    requests: Requests = _gets
    may_conflict: bool = False
    entries: int = 0


ROWS = (
    Row("my-families", "/family/my-families", "/my-families", 0.8),
    Row("statement", STATEMENT, "/transactions", 0.8),
    Row("send", SEND, "/send", 0.8, _sends, may_conflict=True),
    Row("send-hot", SEND, "/send", 0.8, _sends_to_one, may_conflict=True),
    Row("statement-long", STATEMENT, "/transactions", 0.8, _gets_by_one, entries=LONG_STATEMENT),
)
