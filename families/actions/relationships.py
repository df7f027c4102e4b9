"""What members are to each other."""

from datetime import datetime

from families import rules
from families.rules import RelationshipType
from ops.ids import new_id
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work


@unit_of_work()
def relate(  # noqa: PLR0913  # a pair and what they are
    family_id: str, one: str, other: str, kind: RelationshipType, *, by: str, now: datetime
) -> str:
    """Write both sides of a new relationship, as part of the unit that makes it; returns its id.

    The unique index lets a pair have one active relationship in a family.

    Args:
        family_id: of both.
        one, other: ids of the two.
        kind: what ``other`` is to ``one``; the reverse follows from it.
        by: id of who says so.
        now: time of the change.
    """
    relationship_id = new_id("rel")
    collection("family_relationships").insert(
        {
            "_id": relationship_id,
            "v": 1,
            "family_id": family_id,
            "pair": rules.pair_of(one, other),
            "user_a": {"user_id": one, "relationship_type": str(kind)},
            "user_b": {"user_id": other, "relationship_type": str(rules.reciprocal(kind))},
            "status": str(rules.RelationshipStatus.ACTIVE),
            "created_by": by,
            "created_at": now,
            "updated_at": now,
            "ended_at": None,
        }
    )
    return relationship_id
