"""Token and purchase requests in the look at audit entries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from families.actions import requesting, reviewing
from families.actions.requesting import Item
from ops.mongo.unit_of_work import unit_of_work
from tests.audited import HOUSE, WHY, Row, at, by_staff, later
from tests.tokens.deeds import House
from tests.tokens.funds import account_of
from tokens.actions import request_ends, requests
from tokens.actions.requests import Asked
from tokens.rules.requests import TOKENS, Policy, Urgency

PARTS = {
    "requests.record_end": "of whatever ends a request",
}
ASKED = Asked(5, "for bread", timedelta(hours=1), {"urgency": "low"})


@unit_of_work()
def _in_one(act: Callable[[], Any]) -> None:
    """Read the account and act on it in one unit, as these actions want it of their callers."""
    act()


ROWS: dict[str, Row] = {
    "requesting.request_tokens": Row(
        lambda _: requesting.request_tokens(_house().id, 5, WHY, Urgency.LOW, **at(_house().viewer)),
        "token_request.created",
        again=1,
    ),
    "requesting.request_purchase": Row(
        lambda _: requesting.request_purchase(_house().id, Item("A kite"), 5, WHY, **at(_house().viewer)),
        "purchase_request.created",
        again=1,
    ),
    "requesting.withdraw": Row(
        lambda _: requesting.withdraw(_house().id, _id(), **at(_house().viewer)), "token_request.cancelled"
    ),
    "reviewing.approve": Row(
        lambda _: reviewing.approve(TOKENS, _house().id, _id(), **at(_house().founder)),
        "token_request.approved",
    ),
    "reviewing.deny": Row(
        lambda _: reviewing.deny(TOKENS, _house().id, _id(), **at(_house().founder)), "token_request.denied"
    ),
    "requests.ask": Row(
        lambda _: _in_one(lambda: requests.ask(TOKENS, _house().account, ASKED, **at(_house().viewer))),
        "token_request.created",
        again=1,
    ),
    "requests.ask_for_tokens": Row(lambda _: _in_one(_ask_for_tokens), "token_request.created", again=1),
    "requests.cancel": Row(lambda _: _in_one(_cancel), "token_request.cancelled"),
    "request_ends.expire_overdue": Row(
        lambda _: request_ends.expire_overdue(**later(hours=168)), "token_request.expired"
    ),
    "request_ends.expire_by_staff": Row(
        lambda _: request_ends.expire_by_staff(TOKENS, _id(), **by_staff(), reason=WHY),
        "token_request.expired",
    ),
    "request_ends.cancel_by_staff": Row(
        lambda _: request_ends.cancel_by_staff(TOKENS, _id(), **by_staff(), reason=WHY),
        "token_request.cancelled",
    ),
}


def house() -> dict[str, Any]:
    """Return a family with tokens, of whose account the viewer asks for some."""
    asking = House(50)
    asked = requesting.request_tokens(asking.id, 5, WHY, Urgency.LOW, **at(asking.viewer))
    return {"asking": asking, "asked": asked}


def _ask_for_tokens() -> None:
    viewer = _house().viewer
    requests.ask_for_tokens(_house().account, account_of(viewer), ASKED, Policy(10, 10), **at(viewer))


def _cancel() -> None:
    by = at(_house().viewer)
    requests.cancel(TOKENS, HOUSE["asked"], _house().account, **by)


def _house() -> House:
    found: House = HOUSE["asking"]
    return found


def _id() -> str:
    return str(HOUSE["asked"]["_id"])
