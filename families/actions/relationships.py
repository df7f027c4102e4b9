"""What members are to each other: both sides lie in one document, so that they always agree.

Each of these is part of a unit that writes the family's document too, or writes it itself: so none can pass
the departure of one of the two. Source: HTTP contract, sections 6 (types) and 18 (rule 9).
"""

from datetime import datetime
from typing import NamedTuple

from families import queries, rules
from families.errors import InvalidRelationshipError
from families.rules import RelationshipStatus, RelationshipType
from family_site.identity import queries as identity
from ops import audit, notices
from ops.actors import Actor
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

RELATIONSHIPS = "family_relationships"


class Pair(NamedTuple):
    """Two members and what they are: ``kind`` is what ``other`` is to ``one``, ``reverse`` the reverse."""

    one: str
    other: str
    kind: RelationshipType
    reverse: RelationshipType


class Related(NamedTuple):
    """A relationship as it is now, and what ``other`` was to ``one`` before; ``None``: nothing."""

    relationship_id: str
    pair: Pair
    before: str | None


@unit_of_work()
def relate(family_id: str, pair: Pair, *, by: str, now: datetime) -> str:
    """Write both sides of a new relationship; returns its id.

    The unique index lets a pair have one active relationship in a family.
    """
    relationship_id = new_id("rel")
    collection(RELATIONSHIPS).insert(
        {
            "_id": relationship_id,
            "v": 1,
            "family_id": family_id,
            "pair": rules.pair_of(pair.one, pair.other),
            "user_a": {"user_id": pair.one, "relationship_type": str(pair.kind)},
            "user_b": {"user_id": pair.other, "relationship_type": str(pair.reverse)},
            "status": str(RelationshipStatus.ACTIVE),
            "created_by": by,
            "created_at": now,
            "updated_at": now,
            "ended_at": None,
        }
    )
    return relationship_id


@unit_of_work()
def change(family_id: str, pair: Pair, *, actor: Actor, now: datetime) -> Related:
    """Set what two members are to each other, whether they were anything before or not.

    Raises:
        InvalidRelationshipError: it is the same person twice.
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        MemberNotFoundError: one of them is no member.

    Source: HTTP contract, section 6.
    """
    if pair.one == pair.other:  # a fault of what was sent, so refused before anybody looks who asks
        raise InvalidRelationshipError("user_b_id")
    family = queries.family_managed_by(actor, family_id)
    for user_id in (pair.one, pair.other):
        queries.member_of(family, user_id)
    stored = _of_pair(family_id, pair)
    if stored is None:
        related = Related(relate(family_id, pair, by=actor.id, now=now), pair, None)
    else:
        related = Related(stored["_id"], pair, _sides(stored)[pair.one])
        if _sides(stored) == {pair.one: pair.kind, pair.other: pair.reverse}:
            return related
        _rewrite(stored, pair, now=now)
    collection("families").update({"_id": family_id}, {"$inc": {"relationships_version": 1}})
    _tell(family, pair, now=now)
    _record(actor, family_id, related, stored, now=now)
    return related


@unit_of_work()
def end_all(family_id: str, *, user_id: str | None = None, now: datetime) -> int:
    """End the relationships of a member, or of the whole family; returns how many."""
    active = {"family_id": family_id, "status": str(RelationshipStatus.ACTIVE)}
    theirs = [{**active, f"{side}.user_id": user_id} for side in ("user_a", "user_b")]
    ended = {"status": str(RelationshipStatus.ENDED), "ended_at": now, "updated_at": now}
    return collection(RELATIONSHIPS).update_all({"$or": theirs} if user_id else active, {"$set": ended})


def _of_pair(family_id: str, pair: Pair) -> Document | None:
    found = {"family_id": family_id, "pair": rules.pair_of(pair.one, pair.other)}
    return collection(RELATIONSHIPS).find_one(found | {"status": str(RelationshipStatus.ACTIVE)})


def _sides(stored: Document) -> dict[str, str]:
    """Return what the other is to each of the two, by id."""
    return {stored[side]["user_id"]: stored[side]["relationship_type"] for side in ("user_a", "user_b")}


def _rewrite(stored: Document, pair: Pair, *, now: datetime) -> None:
    """Write it in the order in which the two are stored, whichever that is."""
    kinds = {pair.one: str(pair.kind), pair.other: str(pair.reverse)}
    sides = {f"{side}.relationship_type": kinds[stored[side]["user_id"]] for side in ("user_a", "user_b")}
    collection(RELATIONSHIPS).update({"_id": stored["_id"]}, {"$set": {**sides, "updated_at": now}})


def _tell(family: Document, pair: Pair, *, now: datetime) -> None:
    names = identity.usernames({pair.one, pair.other})
    data = {
        "who_a": names[pair.one],
        "who_b": names[pair.other],
        "type": str(pair.kind),
        "family_name": family["name"],
    }
    notices.tell([pair.one, pair.other], "relationship_modified", data=data, now=now, family_id=family["_id"])


def _record(
    actor: Actor, family_id: str, related: Related, stored: Document | None, *, now: datetime
) -> None:
    pair = related.pair
    audit.record(
        actor,
        "relationship.changed",
        target=related.relationship_id,
        family_id=family_id,
        now=now,
        before=_sides(stored) if stored else {},
        after={pair.one: str(pair.kind), pair.other: str(pair.reverse)},
    )
