"""Who takes over when an admin goes. Source: HTTP contract, sections 6 (last admin) and 18 (rule 8)."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from families.rules.succession import Succession, backups, without

PEOPLE = st.lists(st.sampled_from("abcdefgh"), unique=True)
ACTIVE = st.frozensets(st.sampled_from("abcdefgh"))


@st.composite
def standings(draw: st.DrawFn) -> tuple[str, list[str], list[str], frozenset[str]]:
    """Return who goes, the admins, of whom that is one, the backup admins, and who is not disabled."""
    people = draw(st.permutations("abcdefgh"))
    admins = people[: draw(st.integers(1, 4))]
    heirs = people[len(admins) : len(admins) + draw(st.integers(0, 4))]
    return draw(st.sampled_from(admins)), list(admins), list(heirs), draw(ACTIVE)


@given(standings())
@example(("a", ["a"], [], frozenset("a")))
@example(("a", ["a", "b"], ["c"], frozenset("ac")))
def test_a_family_never_loses_its_last_working_admin(
    standing: tuple[str, list[str], list[str], frozenset[str]],
) -> None:
    gone, admins, heirs, active = standing

    found = without(gone, admins, heirs, active)

    left = {*admins, found.heir} - {gone}
    assert found.is_possible == bool(left & active)


@given(standings())
def test_the_heir_is_the_first_who_can_and_only_where_nobody_else_can(
    standing: tuple[str, list[str], list[str], frozenset[str]],
) -> None:
    gone, admins, heirs, active = standing
    others = [each for each in admins if each != gone and each in active]
    able = [each for each in heirs if each in active]

    expected = None if others or not able else able[0]
    assert without(gone, admins, heirs, active).heir == expected


@given(PEOPLE, PEOPLE, ACTIVE, st.sampled_from("abcdefgh"))
def test_who_goes_is_never_their_own_heir(
    admins: list[str], heirs: list[str], active: frozenset[str], gone: str
) -> None:
    found = without(gone, admins, heirs, active)

    assert found.heir != gone
    assert found.is_possible or found.heir is None


@given(standings(), st.sampled_from("abcdefgh"))
def test_who_is_enabled_again_makes_nothing_impossible(
    standing: tuple[str, list[str], list[str], frozenset[str]], enabled: str
) -> None:
    gone, admins, heirs, active = standing

    before = without(gone, admins, heirs, active)
    after = without(gone, admins, heirs, active | {enabled})

    assert after.is_possible >= before.is_possible


def test_nobody_need_be_promoted_while_an_admin_can_work() -> None:
    assert without("a", ["a", "b"], ["c"], {"a", "b", "c"}) == Succession(is_possible=True)
    assert without("a", ["a", "b"], ["c"], {"a", "c"}) == Succession(is_possible=True, heir="c")
    assert without("a", ["a", "b"], [], {"a"}) == Succession(is_possible=False)


Members = Sequence[Mapping[str, Any]]


@st.composite
def designated(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the members as a family has them, and the backup admins among them as they were designated."""
    names = draw(PEOPLE)
    order = draw(st.permutations(names))[: draw(st.integers(0, len(names)))]
    numbers = sorted(draw(st.sets(st.integers(1, 99), min_size=len(order), max_size=len(order))))
    places = dict(zip(order, numbers, strict=True))
    members = [
        {"user_id": name, "is_backup_admin": name in places, "backup_order": places.get(name)}
        for name in names
    ]
    return members, order


@given(designated())
def test_backup_admins_stand_in_the_order_of_designation(
    family: tuple[list[dict[str, Any]], list[str]],
) -> None:
    members, order = family

    assert backups(members) == order


def test_those_from_before_the_order_was_kept_come_first_as_they_joined() -> None:
    members: Members = [
        {"user_id": "new", "is_backup_admin": True, "backup_order": 1},
        {"user_id": "old", "is_backup_admin": True},
        {"user_id": "older", "is_backup_admin": True, "backup_order": None},
        {"user_id": "none", "is_backup_admin": False},
    ]

    assert backups(members) == ["old", "older", "new"]
