"""Very many invitations that nobody has answered in time."""

from datetime import timedelta

from families.invitations.actions import lifecycle
from families.invitations.actions.lifecycle import Offer
from families.invitations.rules import Invitee
from ops import clock
from ops.mongo.collections import collection
from tests.factories import Person


def insert_overdue(person: Person, number: int, *, first: int = 0) -> None:
    """Write many, each into a family of its own, that ended an hour ago."""
    now = clock.now() - timedelta(days=7, hours=1)
    drafts = [
        lifecycle.drafted(
            Offer(f"fam_{each}", "Larks", person.id, person.username, _address(each), "cousin"), now=now
        )
        for each in range(first, first + number)
    ]
    collection("family_invitations").insert(*drafts)


def _address(number: int) -> Invitee:
    address = f"omar-{number}@example.com"
    return Invitee.of_address(address, folded=address)
