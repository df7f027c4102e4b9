"""Calls about token and purchase requests, and what is stored of them."""

from typing import Any

from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.factories import Person
from tests.tokens.deeds import House

WHY = "for bread and butter"
KITE = {"item_name": "A kite", "cost": 5, "reason": "the old one flew away"}
WALLET = "/family/wallet/purchase-requests"


def ask(person: Person, house: House, amount: Any = 5, *, key: str | None = None, **more: Any) -> Answer:
    """Ask for tokens."""
    body = {"amount": amount, "reason": WHY, **more}
    return Api(person).post(f"/family/{house.id}/token-requests", body, **_keyed(key))


def asked(person: Person, house: House, amount: int = 5, **more: Any) -> str:
    """Ask for tokens; returns the request's id."""
    answer = ask(person, house, amount, **more)
    assert answer.status == 201, answer.text
    return str(answer.json["request_id"])


def review(
    by: Person, house: House, request_id: str, action: Any = "approve", *, key: str | None = None, **more: Any
) -> Answer:
    """Decide on a request for tokens."""
    path = f"/family/{house.id}/token-requests/{request_id}/review"
    return Api(by).post(path, {"action": action, **more}, **_keyed(key))


def withdraw(by: Person, house: House, request_id: str) -> Answer:
    """Take a request for tokens back."""
    return Api(by).send("DELETE", f"/family/{house.id}/token-requests/{request_id}")


def ask_to_buy(person: Person, house: House, *, key: str | None = None, **more: Any) -> Answer:
    """Ask that a kite is bought."""
    return Api(person).post(f"/family/{house.id}/purchase-requests", KITE | more, **_keyed(key))


def asked_to_buy(person: Person, house: House, **more: Any) -> str:
    """Ask that a kite is bought; returns the request's id."""
    answer = ask_to_buy(person, house, **more)
    assert answer.status == 201, answer.text
    return str(answer.json["request_id"])


def decide(
    by: Person, house: House | None, request_id: str, action: str = "approve", body: Any = None
) -> Answer:
    """Decide on a purchase; ``house``: ``None``, by the path without a family."""
    start = WALLET if house is None else f"/family/{house.id}/purchase-requests"
    return Api(by).post(f"{start}/{request_id}/{action}", body)


def listed(person: Person, house: House, path: str = "token-requests", query: str = "") -> list[str]:
    """Return the ids of a page, in its order."""
    answer = Api(person).get(f"/family/{house.id}/{path}{query}")
    assert answer.status == 200, answer.text
    return [each["request_id"] for each in answer.json["results"]]


def set_policy(house: House, **settings: int) -> None:
    """Set what the family approves by itself, and for how long requests wait."""
    answer = Api(house.founder).put(f"/family/{house.id}", {"settings": settings})
    assert answer.status == 200, answer.text


def request_of(request_id: str) -> Document:
    """Return a request as it is now."""
    name = "token_requests" if request_id.startswith("req_") else "purchase_requests"
    found = collection(name).find_one({"_id": request_id})
    assert found is not None
    return found


def status_of(request_id: str) -> str:
    """Return how a request stands, as it is stored."""
    return str(request_of(request_id)["status"])


def _keyed(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Idempotency-Key": key}
