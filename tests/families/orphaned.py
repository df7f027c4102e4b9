"""Families whose admin was disabled, and the codes by which their members recover them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from families.actions import backups, members, recovering
from family_site.identity import queries
from family_site.identity.actions import disabling, signing_in
from ops import clock
from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_family, new_person
from tests.mails import mails
from tests.world import TESTS

CODE = re.compile(r"^(\d{6})\r?$", re.MULTILINE)
WHY = "nobody is there who could do it"


@dataclass(frozen=True)
class Orphaned:
    """A family whose admin is disabled, and its other members, who has been there longest first."""

    id: str
    admin: Person
    members: Sequence[Person]

    @property
    def path(self) -> str:
        """Where a recovery begins."""
        return f"/family/{self.id}/recovery/initiate"

    def begun(self, *, now: datetime | None = None) -> Document:
        """Begin a recovery, as the first member."""
        return recovering.initiate(self.id, WHY, actor=self.members[0].actor, now=now or clock.now())

    def stored(self) -> Document:
        """Return the family's document."""
        (found,) = [each for each in documents("families")["families"] if each["_id"] == self.id]
        return found


def orphaned(number: int, *, ready: Sequence[int] = ()) -> Orphaned:
    """Make a family with so many members beside its disabled admin.

    ``ready``: which of them stand ready as backup admins, by their place among the members, in this order.
    """
    admin, people = new_person(), [new_person() for _ in range(number)]
    family_id = str(new_family(admin)["_id"])
    collection("families").update({"_id": family_id}, {"$set": {"limits.max_members": number + 5}})
    now = clock.now()
    for place, each in enumerate(people):
        members.join(family_id, each.id, actor=admin.actor, now=now - timedelta(minutes=number - place))
    for place in ready:
        backups.designate(family_id, people[place].id, actor=admin.actor, now=clock.now())
    switch(admin, active=False)
    return Orphaned(family_id, admin, people)


def switch(person: Person, *, active: bool) -> None:
    """Enable or disable a user, as staff does."""
    act = disabling.enable if active else disabling.disable
    act(person.id, actor=TESTS, now=clock.now(), reason="for a test")


def codes() -> dict[str, str]:
    """Return the mailed codes by the addresses they go to."""
    found = {each.to: CODE.findall(each.text) for each in mails("recovery_code")}
    assert all(len(each) == 1 for each in found.values())
    return {to: code for to, (code,) in found.items()}


def code_of(person: Person) -> str:
    """Return the code that is mailed to somebody."""
    return codes()[person.email]


def wrong_code(person: Person) -> str:
    """Return a code that is not the person's."""
    return f"{(int(code_of(person)) + 1) % 10**6:06}"


def typed(person: Person, recovery: Document, code: str, **headers: str) -> Answer:
    """Type a code, as the API has it."""
    path = f"/family/recovery/{recovery['_id']}/verify"
    return Api(person).post(path, {"verification_code": code}, **headers)


def recovery_of(recovery: Document) -> Document:
    """Return a recovery as it is now."""
    (found,) = [each for each in documents("recoveries")["recoveries"] if each["_id"] == recovery["_id"]]
    return found


def tries_of(person: Person, recovery: Document) -> int:
    """Return how many tries somebody has left."""
    (found,) = [each for each in recovery_of(recovery)["voters"] if each["user_id"] == person.id]
    return int(found["tries_left"])


def told(kind: str) -> set[str]:
    """Return the ids of those who have a notice of a type."""
    return {each["user_id"] for each in documents("notifications")["notifications"] if each["type"] == kind}


def new_session(person: Person) -> Person:
    """Sign somebody in again, as whoever was disabled must."""
    user = queries.user_by_id(person.id)
    signed_in = signing_in.open_session(user, actor=person.actor, now=clock.now())
    return replace(person, token=signed_in.access_token, session_id=signed_in.session_id)
