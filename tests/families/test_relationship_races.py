"""A relationship against the departure of one of the two: whichever is first, none is left with nobody.

Source: HTTP contract, section 18 (rule 9); design, section 4 (write skew).
"""

import pytest

from families.actions import departing, relationships
from families.actions.relationships import Pair
from families.rules import RelationshipType
from ops import clock
from ops.mongo.collections import Document
from tests.consistency import faults
from tests.factories import Person
from tests.families.household import joined
from tests.races import at_once, ended

COUSIN = RelationshipType.COUSIN
LEAVERS = 4


@pytest.mark.race
def test_a_new_relationship_against_leaving(person: Person, larks: Document) -> None:
    leavers = [joined(larks) for _ in range(LEAVERS)]

    def relate(other: Person) -> str:
        pair = Pair(person.id, other.id, COUSIN, COUSIN)
        return ended(lambda: relationships.change(larks["_id"], pair, actor=person.actor, now=clock.now()))

    def leave(who: Person) -> str:
        return ended(lambda: departing.leave(larks["_id"], actor=who.actor, now=clock.now()))

    for each in leavers:
        related, left = at_once([lambda each=each: relate(each), lambda each=each: leave(each)])  # type: ignore[misc]  # of this round

        assert left == "done"
        assert related in {"done", "MEMBER_NOT_FOUND"}
        assert faults(clock.now()) == []
