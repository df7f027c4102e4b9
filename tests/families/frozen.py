"""Families whose account one member froze, and the votes of the others on opening it."""

from datetime import datetime

from families.actions import emergencies, members, spending
from ops import clock
from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_family, new_person
from tests.tokens.funds import account_by_id
from tests.world import TESTS

WHY = "we need bread"


class Frozen:
    """A family whose admin froze its account, and its other members: all of them may vote."""

    def __init__(self, voters: int) -> None:
        """Let so many in, and freeze."""
        self.admin = new_person()
        family = new_family(self.admin)
        self.id, self.account_id = str(family["_id"]), str(family["account_id"])
        collection("families").update({"_id": self.id}, {"$set": {"limits.max_members": voters + 5}})
        self.members = [self.joined() for _ in range(voters)]
        self.freeze()

    @property
    def path(self) -> str:
        """Where a vote begins."""
        return f"/family/{self.id}/account/emergency-unfreeze"

    @property
    def account(self) -> Document:
        """The family's account as it is now."""
        return account_by_id(self.account_id)

    @property
    def is_frozen(self) -> bool:
        """Whether it still is."""
        return bool(self.account["status"] == "frozen")

    @property
    def people(self) -> list[Person]:
        """The admin and all who may vote."""
        return [self.admin, *self.members]

    def joined(self) -> Person:
        """Let somebody new in."""
        person = new_person()
        members.join(self.id, person.id, actor=TESTS, now=clock.now())
        return person

    def freeze(self) -> None:
        """Freeze the account, as the admin."""
        spending.freeze(self.id, reason="to look at it", actor=self.admin.actor, now=clock.now())

    def unfreeze(self) -> None:
        """Open the account, as the admin."""
        spending.unfreeze(self.id, reason=None, actor=self.admin.actor, now=clock.now())

    def begun(self, *, now: datetime | None = None) -> Document:
        """Begin a vote, as the first of those who may."""
        return emergencies.request(self.id, WHY, actor=self.members[0].actor, now=now or clock.now())


def stored(emergency: Document) -> Document:
    """Return a vote as it is now."""
    found = documents("emergency_unfreezes")["emergency_unfreezes"]
    return next(each for each in found if each["_id"] == emergency["_id"])


def status_of(emergency: Document) -> str:
    """Return how it stands, as it is written down."""
    return str(stored(emergency)["status"])


def approve(person: Person, emergency: Document, **headers: str) -> Answer:
    """Vote for it."""
    return Api(person).post(f"/family/emergency-unfreeze/{emergency['_id']}/approve", **headers)


def reject(person: Person, emergency: Document, reason: str | None = None, **headers: str) -> Answer:
    """Vote against it; without a reason there is no body."""
    body = None if reason is None else {"reason": reason}
    return Api(person).post(f"/family/emergency-unfreeze/{emergency['_id']}/reject", body, **headers)
