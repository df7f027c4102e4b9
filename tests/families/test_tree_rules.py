"""The tree of a family: everybody once, the older above."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from families.rules import RelationshipType, reciprocal
from families.rules.tree import Branch, Tie, drawn

PEOPLE = ["ada", "bert", "cleo", "dora", "emil"]


def related(one: str, other: str, kind: str) -> dict[str, dict[str, str]]:
    """Return a relationship as it is stored; ``kind``: what ``other`` is to ``one``."""
    return {
        "user_a": {"user_id": one, "relationship_type": kind},
        "user_b": {"user_id": other, "relationship_type": str(reciprocal(RelationshipType(kind)))},
    }


def everybody(branches: list[Branch]) -> Iterator[str]:
    for each in branches:
        yield each.user_id
        yield from everybody(each.below)


def lines(branches: list[Branch], depth: int = 0) -> list[str]:
    found: list[str] = []
    for each in branches:
        found.append(f"{'  ' * depth}{each.user_id}{f' ({each.tie})' if each.tie else ''}")
        found += lines(each.below, depth + 1)
    return found


def test_children_stand_below_a_parent_whoever_joined_first() -> None:
    ties = [
        related("bert", "ada", "parent"),
        related("ada", "cleo", "child"),
        related("cleo", "dora", "child"),
    ]

    assert lines(drawn(PEOPLE[1::-1] + PEOPLE[2:], ties)) == [
        "ada",
        "  bert (child)",
        "  cleo (child)",
        "    dora (child)",
        "emil",
    ]


def test_a_parent_counts_before_a_grandparent_and_the_rest_is_told() -> None:
    ties = [
        related("cleo", "ada", "grandparent"),
        related("cleo", "bert", "parent"),
        related("cleo", "dora", "aunt"),
    ]

    tops = drawn(PEOPLE[:4], ties)

    assert lines(tops) == ["ada", "bert", "  cleo (child)", "dora"]
    assert tops[1].below[0].ties == [Tie("ada", "grandparent"), Tie("dora", "aunt")]
    assert tops[2].ties == [Tie("cleo", "niece")]


def test_who_has_no_elders_stands_by_a_spouse_or_a_sibling() -> None:
    ties = [
        related("ada", "bert", "spouse"),
        related("ada", "cleo", "child"),
        related("bert", "dora", "sibling"),
    ]

    assert lines(drawn(PEOPLE[:4], ties)) == [
        "ada",
        "  cleo (child)",
        "  bert (spouse)",
        "    dora (sibling)",
    ]


def test_people_who_contradict_each_other_are_all_there() -> None:
    ties = [
        related("ada", "bert", "parent"),
        related("bert", "cleo", "parent"),
        related("cleo", "ada", "parent"),
    ]

    assert sorted(everybody(drawn(PEOPLE[:3], ties))) == PEOPLE[:3]


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)).filter(lambda pair: pair[0] < pair[1]),
        st.sampled_from(list(RelationshipType)),
    ),
    st.permutations(PEOPLE),
)
def test_everybody_stands_in_it_once(
    pairs: dict[tuple[str, str], RelationshipType], members: list[str]
) -> None:
    tops = drawn(members, [related(one, other, kind) for (one, other), kind in pairs.items()])

    assert sorted(everybody(tops)) == PEOPLE
    told = [(each, tie.other) for each, tie in ties_of(tops)]
    assert len(told) == len(set(told))


def ties_of(branches: list[Branch]) -> Iterator[tuple[str, Tie]]:
    for each in branches:
        yield from ((each.user_id, tie) for tie in each.ties)
        yield from ties_of(each.below)
