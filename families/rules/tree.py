"""A family's members as a tree, drawn from what they are to each other. No database, no clock.

Children stand below a parent, else below a grandparent. Who has none of these stands by a spouse, a brother
or a sister, unless somebody stands below them. What else people are to each other is told in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from families.rules import RelationshipType

# By what somebody comes to stand where they do: the first of these that they have.
PLACES = (
    RelationshipType.PARENT,
    RelationshipType.GRANDPARENT,
    RelationshipType.SPOUSE,
    RelationshipType.SIBLING,
)
OF_ONE_AGE = (RelationshipType.SPOUSE, RelationshipType.SIBLING)


class Tie(NamedTuple):
    """What ``other`` is to somebody."""

    other: str
    kind: str


@dataclass
class Branch:
    """A member and who stands below or beside them.

    Attributes:
        user_id: who.
        tie: what they are to the one they stand by; ``None``: they stand on top.
        below: who stands by them.
        ties: what others are to them, as far as the tree does not show it.
    """

    user_id: str
    tie: str | None = None
    below: list["Branch"] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)


def drawn(members: Sequence[str], relationships: Sequence[Mapping[str, Any]]) -> list[Branch]:
    """Return the tops of the tree; every member stands in it once.

    Args:
        members: ids, in the order in which they joined.
        relationships: of these members, with ``user_a`` and ``user_b`` as they are stored.
    """
    ties = _ties(members, relationships)
    above = _placed(members, ties)
    branches = {each: Branch(each) for each in members}
    for each, upper in above.items():
        branches[each].tie = next(tie.kind for tie in ties[upper] if tie.other == each)
        branches[upper].below.append(branches[each])
    for each in members:
        shown = {above.get(each), *(branch.user_id for branch in branches[each].below)}
        branches[each].ties = [tie for tie in ties[each] if tie.other not in shown]
    return [branches[each] for each in members if each not in above]


def _ties(members: Sequence[str], relationships: Sequence[Mapping[str, Any]]) -> dict[str, list[Tie]]:
    ties: dict[str, list[Tie]] = {each: [] for each in members}
    for each in relationships:
        a, b = each["user_a"], each["user_b"]
        for mine, other in ((a, b), (b, a)):
            if mine["user_id"] in ties and other["user_id"] in ties:
                ties[mine["user_id"]].append(Tie(other["user_id"], mine["relationship_type"]))
    return ties


def _placed(members: Sequence[str], ties: Mapping[str, Sequence[Tie]]) -> dict[str, str]:
    """Return by whom each member stands; who is not in it stands on top.

    Whatever people say of each other, nobody comes to stand below themselves.
    """
    above: dict[str, str] = {}
    for kind in PLACES:
        for each in members:
            is_free = each not in above and not (kind in OF_ONE_AGE and each in above.values())
            found = (tie.other for tie in ties[each] if tie.kind == kind)
            upper = next((other for other in found if each not in _upwards(other, above)), None)
            if is_free and upper is not None:
                above[each] = upper
    return above


def _upwards(user_id: str, above: Mapping[str, str]) -> Iterator[str]:
    yield user_id
    while user_id in above:
        user_id = above[user_id]
        yield user_id
