"""How many families and members people may have, from when on, and what that means for them.

No database, no clock. A change of a number comes into force by time alone: until then the old one holds, for
the person and for the families they founded. Source: HTTP contract, sections 4 (founding limit) and 7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

# Of this share of a limit on, in percent, who still grows is told in time.
NEARLY_ALL = 80.0


class LimitType(StrEnum):
    """What is limited: families that somebody founded, that they belong to, people in one they founded."""

    FAMILIES = "families"
    MEMBERSHIPS = "memberships"
    MEMBERS = "members_per_family"


# Where documents keep the numbers; what was never set is missing, and has its default in the settings.
FIELDS: Mapping[LimitType, str] = {
    LimitType.FAMILIES: "max_families_founded",
    LimitType.MEMBERSHIPS: "max_memberships",
    LimitType.MEMBERS: "max_members",
}
THINGS: Mapping[LimitType, str] = {
    LimitType.FAMILIES: "families founded",
    LimitType.MEMBERSHIPS: "memberships",
    LimitType.MEMBERS: "places of the fullest family founded",
}
Stored: TypeAlias = Mapping[str, Any]


class Coming(NamedTuple):
    """A number that holds from ``ends_at`` on, when the grace after ``effective_at`` is over."""

    limit: int
    effective_at: datetime
    ends_at: datetime


# What holds -----------------------------------------------------------------------------------------


def held(limits: Stored, grace: Stored | None, kind: LimitType, now: datetime) -> int | None:
    """Return the number that staff set and that holds at a moment; ``None``: the default does.

    Args:
        limits: the numbers by field.
        grace: what replaces them, and when, by field.
        kind: of which limit.
        now: the moment; of ``ends_at`` itself the new number holds.
    """
    field = FIELDS[kind]
    coming: Stored | None = (grace or {}).get(field)
    if coming is not None and now >= coming["ends_at"]:
        return int(coming["limit"])
    return limits.get(field)


def coming(grace: Stored | None, kind: LimitType, now: datetime) -> Coming | None:
    """Return the number that will hold later than now; ``None``: none was set."""
    found: Stored | None = (grace or {}).get(FIELDS[kind])
    return Coming(**found) if found is not None and now < found["ends_at"] else None


def changed(
    limits: Stored, grace: Stored | None, wanted: Mapping[LimitType, Coming], now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return numbers and grace as they are to be stored once somebody wants others.

    What holds now goes on to hold until the new number does; one that was still to come is replaced, and
    never holds. Limits of which nothing is wanted stay as they are.
    """
    numbers, pending = dict(limits), dict(grace or {})
    for kind, new in wanted.items():
        field = FIELDS[kind]
        now_held = held(limits, grace, kind, now)
        pending.pop(field, None)
        if now >= new.ends_at:
            numbers[field] = new.limit
            continue
        pending[field] = new._asdict()
        if now_held is not None:
            numbers[field] = now_held
    return numbers, pending


def of_family(limits: Stored, grace: Stored | None) -> dict[str, Any]:
    """Return what a family keeps of its founder's numbers: how many people it has room for."""
    field = FIELDS[LimitType.MEMBERS]
    kept: dict[str, Any] = {field: limits[field]} if field in limits else {}
    later = (grace or {}).get(field)
    return kept | ({"grace": {field: later}} if later is not None else {})


# How much is used -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Status:
    """How much of a limit is used, and what it will be."""

    kind: LimitType
    current: int
    allowed: int
    coming: Coming | None = None

    @property
    def percentage(self) -> float:
        """Share in use, in percent; of a limit of 0 all is used."""
        return round(100 * self.current / self.allowed, 2) if self.allowed else 100.0

    @property
    def is_at_limit(self) -> bool:
        """Nothing can be added."""
        return self.current >= self.allowed

    @property
    def is_over_limit(self) -> bool:
        """More than the limit is there, since that was lowered; nothing of it is taken away."""
        return self.current > self.allowed


@dataclass(frozen=True)
class FamilyUse:
    """How many of a family's places are taken; ``is_mine``: the person it is told manages it."""

    family_id: str
    name: str
    members: int
    pending: int
    limit: int
    is_mine: bool

    @property
    def taken(self) -> int:
        """Members, and invitations that can still be accepted."""
        return self.members + self.pending

    @property
    def left(self) -> int:
        """How many more people can be invited."""
        return max(0, self.limit - self.taken)

    @property
    def too_many(self) -> int:
        """How many more places are taken than there are."""
        return max(0, self.taken - self.limit)


# What to do about it --------------------------------------------------------------------------------


class Advice(StrEnum):
    """What somebody can do about a limit."""

    ASK_FOR_MORE = "ask_for_more"
    REDUCE = "reduce"
    PREPARE = "prepare"
    PLAN_AHEAD = "plan_ahead"


class Recommendation(NamedTuple):
    """What to do, about which limit, of which family, and why."""

    action: Advice
    limit_type: LimitType
    family_id: str | None
    message: str


def advice(statuses: Sequence[Status], families: Sequence[FamilyUse] = ()) -> list[Recommendation]:
    """Return what there is to do about limits that are reached, passed, or soon will be."""
    told = [each for status in statuses for each in _about(status)]
    return told + [each for family in families for each in about_family(family)]


def about_family(family: FamilyUse) -> list[Recommendation]:
    """Return what somebody can do about a family they manage; the others can do nothing."""
    if not family.is_mine or family.left:
        return []
    used = f"{family.name}: {family.members} members and {family.pending} invited"
    if family.too_many:
        action, why = Advice.REDUCE, f"{used} are {family.too_many} more than its {family.limit} places."
    else:
        action, why = Advice.ASK_FOR_MORE, f"{used} take all of its {family.limit} places."
    return [Recommendation(action, LimitType.MEMBERS, family.family_id, why)]


def about_growth(statuses: Sequence[Status]) -> list[Recommendation]:
    """Return what somebody whose use grows should know of limits that are nearly reached."""
    return [
        Recommendation(
            Advice.PLAN_AHEAD,
            each.kind,
            None,
            f"Use grows, and {each.current} of {each.allowed} {THINGS[each.kind]} are in use.",
        )
        for each in statuses
        if each.percentage >= NEARLY_ALL and not each.is_at_limit
    ]


def _about(status: Status) -> list[Recommendation]:
    things, told = THINGS[status.kind], []
    used = f"{status.current} of {status.allowed} {things} are in use"
    if status.is_over_limit:
        over = status.current - status.allowed
        told.append((Advice.REDUCE, f"{used}, {over} too many: none is taken away, and none can be added."))
    elif status.is_at_limit:
        told.append((Advice.ASK_FOR_MORE, f"{used}: none can be added."))
    new = status.coming
    if new is not None and new.limit < min(status.current, status.allowed):
        day = new.ends_at.date().isoformat()
        why = f"From {day} on the limit is {new.limit}, and {status.current} {things} are in use."
        told.append((Advice.PREPARE, why))
    return [Recommendation(action, status.kind, None, why) for action, why in told]
