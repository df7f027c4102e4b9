"""Families with an allowance, the job that pays it, and what became of its periods."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from families.actions import allowances, changing, paying_allowances
from families.actions.allowances import Draft
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person
from tests.tokens.deeds import House
from tests.tokens.funds import account_of
from tokens.rules.allowances import Frequency

# A Thursday at noon; the family lives by UTC unless a test says otherwise.
MADE = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BEAT = Actor.system("beat")


@dataclass(frozen=True)
class Allowed:
    """A family of which the viewer gets an allowance that the founder made."""

    house: House
    id: str

    @property
    def recipient(self) -> Person:
        """Who gets it."""
        return self.house.viewer

    @property
    def stored(self) -> Document:
        """The schedule as it is now."""
        found = collection("allowances").find_one({"_id": self.id})
        assert found is not None
        return found

    @property
    def tokens(self) -> int:
        """How many tokens the recipient has."""
        return int(account_of(self.recipient)["balance"])

    def became(self) -> dict[str, str]:
        """Return what became of each of its periods; of a missed one why."""
        found = documents("allowance_payments")["allowance_payments"]
        mine = [each for each in found if each["allowance_id"] == self.id]
        return {each["period"]: each["obstacle"] or each["status"] for each in mine}

    def change(self, *, now: datetime, **wanted: Any) -> Document:
        """Change it, as the founder."""
        return allowances.change(self.house.id, self.id, wanted, actor=self.house.founder.actor, now=now)

    def live_by(self, zone: str, *, now: datetime) -> None:
        """Let the family live by another time zone."""
        live_by(self.house, zone, now=now)


def allowed(
    tokens: int = 100,
    *,
    amount: int = 5,
    frequency: Frequency = Frequency.DAILY,
    now: datetime = MADE,
    zone: str = "UTC",
) -> Allowed:
    """Make a family with so many tokens, and an allowance to its viewer."""
    house = House(tokens)
    if zone != "UTC":
        live_by(house, zone, now=now)
    draft = Draft(house.viewer.id, amount, frequency)
    made = allowances.create(house.id, draft, actor=house.founder.actor, now=now)
    return Allowed(house, str(made["_id"]))


def live_by(house: House, zone: str, *, now: datetime) -> None:
    """Let a family live by another time zone."""
    changing.change(house.id, {"settings": {"timezone": zone}}, actor=house.founder.actor, now=now)


def run(now: datetime) -> int:
    """Run the job."""
    return paying_allowances.pay_due(actor=BEAT, now=now)


def post(by: Person, house: House, recipient_id: Any, **more: Any) -> Answer:
    """Make one, as the API has it."""
    body = {"recipient_id": recipient_id, "amount": 5, "frequency": "weekly", **more}
    return Api(by).post(f"/family/{house.id}/allowances", body)


def put(by: Person, allowed_: Allowed, body: Mapping[str, Any]) -> Answer:
    """Change one, as the API has it."""
    return Api(by).put(f"/family/{allowed_.house.id}/allowances/{allowed_.id}", body)


def listed(by: Person, house: House) -> list[Any]:
    """Return the list as somebody sees it."""
    answer = Api(by).get(f"/family/{house.id}/allowances")
    assert answer.status == 200
    found: list[Any] = answer.json
    return found
