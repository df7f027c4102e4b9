"""Calls about tokens, as clients make them, and that a refused one moves nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person
from tests.tokens.deeds import House
from tests.tokens.told import MONEY

KEY = "key-of-one-intent"
Refusal: TypeAlias = tuple[int, str, Any]
# What an amount cannot be, and how the fault of its field is called.
NO_AMOUNTS: tuple[tuple[Any, str], ...] = (
    (True, "invalid_type"),
    ("5", "invalid_type"),
    (5.0, "invalid_type"),
    (None, "null"),
    ([5], "invalid_type"),
    ({}, "invalid_type"),
    (-1, "too_small"),
    (0, "too_small"),
    (10**12 + 1, "too_large"),
    (10**13, "too_large"),
    (10**400, "too_large"),
)


def send(person: Person, to: str, amount: Any = 5, *, key: str | None = None, **more: Any) -> Answer:
    """Send tokens."""
    return _post(person, "/sbd_tokens/send", {"to_user": to, "amount": amount, **more}, key)


def transfer(
    person: Person, house: House, to: str, amount: Any = 5, *, key: str | None = None, **more: Any
) -> Answer:
    """Pay somebody of a family's account."""
    body = {"recipient_identifier": to, "amount": amount, **more}
    return _post(person, f"/family/{house.id}/sbd-account/transfer", body, key)


def contribute(
    person: Person, house: House, amount: Any = 5, *, key: str | None = None, **more: Any
) -> Answer:
    """Pay into a family's account."""
    return _post(person, f"/family/{house.id}/sbd-account/contribute", {"amount": amount, **more}, key)


def annotate(person: Person, transaction_id: Any, note: Any) -> Answer:
    """Write a note."""
    body = {"transaction_id": transaction_id, "note": note}
    return Api(person).send("PATCH", "/sbd_tokens/transaction/note", body)


def refusal(call: Callable[[], Answer]) -> Refusal:
    """Return status, code and details of a refused call, which has moved nothing."""
    with nothing_moves():
        answer = call()
        status, code = answer.problem
    return status, code, answer.json["details"]


def faults(call: Callable[[], Answer]) -> set[tuple[str, str]]:
    """Return the faulty fields of a refused call, which has moved nothing."""
    with nothing_moves():
        return call().faults


@contextmanager
def nothing_moves() -> Iterator[None]:
    """Show that no account, transaction, entry, notice, mail or audit entry changes in the block."""
    before = documents(*MONEY, "idempotency_keys")
    yield
    assert documents(*MONEY, "idempotency_keys") == before


def set_clock(monkeypatch: pytest.MonkeyPatch, to: datetime) -> None:
    """Let it be another time for the calls that follow."""
    monkeypatch.setattr("ops.clock.now", lambda: to)


def moment(at: datetime) -> str:
    """Return a time as answers have it."""
    in_utc = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return in_utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _post(person: Person, path: str, body: Any, key: str | None) -> Answer:
    headers = {} if key is None else {"Idempotency-Key": key}
    return Api(person).post(path, body, **headers)
