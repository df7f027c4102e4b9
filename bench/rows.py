"""The rows of the report: which path of ours stands against which of the floor, and what is sent there."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench import supply
from bench.supply import World
from bench.world import PASSWORD, Caller

# A long statement is read by pages of as many entries as a short one has, so that the two can be compared.
SEND, STATEMENT = "/sbd_tokens/send", "/sbd_tokens/transactions?limit=10"
TRANSFER = "/family/{family}/sbd-account/transfer"
OURS = (SEND, TRANSFER)
WITH_FAMILIES = 100  # callers who have families and ten entries
LONG_STATEMENT = 1_000_000
# Amounts come round after so many, long after a double click's ten seconds; none is a large transaction.
AMOUNTS = 499

Requests = Callable[[str, World], Iterator[bytes]]
Prepare = Callable[[World, int], None]


def _health(path: str, _world: World) -> Iterator[bytes]:
    return itertools.repeat(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


def _gets(path: str, world: World) -> Iterator[bytes]:
    return itertools.cycle(
        [request("GET", path.format(family=each.families[0]), each) for each in world.founders]
    )


def _gets_by_one(path: str, world: World) -> Iterator[bytes]:
    return itertools.repeat(request("GET", path, world.callers[0]))


def _validates(path: str, world: World) -> Iterator[bytes]:
    return itertools.cycle(
        [
            request("POST", path.format(family=each.families[0]), each, {"amount": 1})
            for each in world.founders
        ]
    )


def _sends(path: str, world: World) -> Iterator[bytes]:
    """Let everybody send to everybody, first to who is far: those who send at the same time do not meet."""
    callers = world.callers
    for number in itertools.count(len(callers) * len(callers) // 2):
        payer = number % len(callers)
        to = (payer + 1 + number // len(callers) % (len(callers) - 1)) % len(callers)
        yield _send(path, callers[payer], callers[to], number)


def _sends_to_one(path: str, world: World) -> Iterator[bytes]:
    """Let everybody send to the first."""
    hot, *others = world.callers
    for number in itertools.count():
        yield _send(path, others[number % len(others)], hot, number // len(others))


def _transfers(path: str, world: World) -> Iterator[bytes]:
    """Let each family pay each of those who have none."""
    payers = [(each, family) for each in world.founders for family in each.families]
    for number in itertools.count():
        payer, family = payers[number % len(payers)]
        to = world.others[(number + number // len(payers)) % len(world.others)]
        body = {
            "recipient_identifier": to.username,
            "recipient_type": "username",
            "amount": _amount(path, number),
        }
        yield request("POST", path.format(family=family), payer, body)


def _creates(path: str, world: World) -> Iterator[bytes]:
    """Let those without families found some."""
    for number in world.numbers:
        body = {"name": f"Bench {number}"}
        yield request("POST", path, world.others[number % len(world.others)], body)


def _invites(path: str, world: World) -> Iterator[bytes]:
    """Let families invite one address after the other."""
    inviters = [(each, family) for each in world.founders for family in each.families]
    for number in world.numbers:
        inviter, family = inviters[number % len(inviters)]
        body = {"identifier": f"guest-{number}@example.com", "relationship_type": "sibling"}
        yield request("POST", path.format(family=family), inviter, body)


def _accepts(path: str, world: World) -> Iterator[bytes]:
    """Let each invitee accept."""
    for invitee, invitation in world.invitations:
        yield request("POST", path.format(invitation=invitation), invitee, {"action": "accept"})


def _sign_ins(path: str, world: World) -> Iterator[bytes]:
    return itertools.cycle(
        [
            request("POST", path, None, {"username": each.username, "password": PASSWORD})
            for each in world.callers
        ]
    )


def _refreshes(path: str, world: World) -> Iterator[bytes]:
    for token in world.refresh_tokens:
        yield request("POST", path, None, {"refresh_token": token})


def _send(path: str, payer: Caller, to: Caller, number: int) -> bytes:
    return request("POST", path, payer, {"to_user": to.username, "amount": _amount(path, number)})


def _amount(path: str, number: int) -> int:
    """Return an amount; what either side pays is of others: both write to the same accounts."""
    return (1 if path in OURS else 1 + AMOUNTS) + number % AMOUNTS


def request(method: str, path: str, caller: Caller | None, body: Any = None) -> bytes:
    """Return a request as it goes over the wire; ``body``: sent as JSON."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if caller is not None:
        head += f"Authorization: Bearer {caller.token}\r\n"
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
        prepare: makes what the row uses up, so many of it; called before it is measured.
        entries: so many the first caller's statement needs; then it is measured only when asked for by name.
    """

    name: str
    path: str
    floor_path: str
    goal: float = 0.8
    requests: Requests = _gets
    may_conflict: bool = False
    prepare: Prepare | None = None
    entries: int = 0


# In this order: what reads comes before what lets families grow.
ROWS = (
    Row("health", "/health/live", "/health", requests=_health),
    Row("my-families", "/family/my-families", "/my-families"),
    Row("family", "/family/{family}", "/families/{family}"),
    Row("statement", STATEMENT, "/transactions"),
    Row(
        "validate",
        "/family/{family}/sbd-account/validate-spending",
        "/families/{family}/validate",
        requests=_validates,
    ),
    Row("send", SEND, "/send", requests=_sends, may_conflict=True),
    Row("send-hot", SEND, "/send", requests=_sends_to_one, may_conflict=True),
    Row("transfer", TRANSFER, "/families/{family}/transfer", requests=_transfers, may_conflict=True),
    Row("sign-in", "/auth/login", "/sign-in", 0.9, _sign_ins),
    Row("refresh", "/auth/refresh", "/refresh", requests=_refreshes, prepare=supply.refresh_tokens),
    Row("create", "/family/create", "/families", requests=_creates, prepare=supply.make_room),
    Row(
        "invite",
        "/family/{family}/invite",
        "/families/{family}/invite",
        requests=_invites,
        prepare=supply.make_room,
    ),
    Row(
        "accept",
        "/family/invitation/{invitation}/respond",
        "/invitations/{invitation}/accept",
        requests=_accepts,
        prepare=supply.invitations,
    ),
    Row("statement-long", STATEMENT, "/transactions", requests=_gets_by_one, entries=LONG_STATEMENT),
)
