"""A relationship against the departure of one of the two: whichever is first, none is left with nobody.

Source: HTTP contract, section 18 (rule 9); design, section 4 (write skew).
"""

from collections.abc import Callable

import pytest

from families.actions import departing, relationships
from families.actions.relationships import Pair
from families.rules import RelationshipType
from ops import clock
from ops.errors import ConflictError, DomainError
from ops.mongo.collections import Document
from tests.consistency import faults
from tests.factories import Person
from tests.families.household import joined
from tests.races import at_once

COUSIN = RelationshipType.COUSIN
LEAVERS = 4


def ended(call: Callable[[], object]) -> str:
    """Return ``done`` or the code of the refusal; who is told to repeat, does so."""
    while True:
        try:
            call()
        except ConflictError:
            continue
        except DomainError as error:
            return error.code
        return "done"


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
