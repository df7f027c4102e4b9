"""Setting how many families and members somebody may have.

The numbers lie in the person's document, and how many people a family has room for in the family's as well:
the documents that founding, joining and inviting write, so that none of them can pass a change.
Source: HTTP contract, sections 7 and 18 (rules 7 and 13).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from families import queries, usage_queries
from families.actions.places import FRESH
from families.rules import FamilyStatus, dates, limits
from families.rules.limits import FIELDS, Coming, LimitType
from ops import audit
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work


@dataclass(frozen=True)
class Wanted:
    """What staff want: numbers, why, from which day on (``None``: now), how long the old ones hold after."""

    numbers: Mapping[LimitType, int]
    reason: str
    effective_on: date | None = None
    grace_days: int = 0

    def effective_at(self, now: datetime) -> datetime:
        """Return the moment at which the grace begins."""
        return now if self.effective_on is None else dates.beginning(self.effective_on)


@dataclass(frozen=True)
class Limited:
    """What a change of limits did.

    Attributes:
        before, after: the numbers that held, and those that will once the change has come into force.
        effective_at: when the grace begins.
        ends_at: until when the old numbers hold; ``None``: they hold no longer.
        entry_id: of the audit entry.
        standing: the person's, as ``usage_queries.standing`` has it.
    """

    before: Mapping[LimitType, int]
    after: Mapping[LimitType, int]
    effective_at: datetime
    ends_at: datetime | None
    entry_id: str
    standing: Document


@unit_of_work()
def set_limits(
    user_id: str,
    wanted: Wanted,
    *,
    actor: Actor,
    now: datetime,
    only_if: Callable[[Document], None] = lambda _standing: None,
) -> Limited:
    """Set a person's limits, and with the one of members that of all active families they founded.

    Lowering below what is there removes nobody: it only stops additions.

    Args:
        user_id: whose limits.
        wanted: what they shall be; limits that are not named stay, also what is still to come of them.
        actor: staff, and not the person themselves.
        now: time of the change.
        only_if: looks at the person's standing before, and raises if it is not the expected one.

    Raises:
        NotFoundError: no such user.
        InsufficientPermissionsError: they are the actor's own.
    """
    standing = usage_queries.standing(user_id, now)
    if actor.id == user_id:
        raise InsufficientPermissionsError(required="another member of staff")
    only_if(standing)
    effective_at = wanted.effective_at(now)
    ends_at = dates.later(effective_at, wanted.grace_days)
    new = {kind: Coming(number, effective_at, ends_at) for kind, number in wanted.numbers.items()}
    _write_person(user_id, standing["person"], new, now=now)
    if LimitType.MEMBERS in new:
        _write_families(user_id, new[LimitType.MEMBERS], now=now)
    before = queries.person_limits(standing["person"], now)
    entry_id = audit.record(
        actor,
        "limits.changed",
        target=user_id,
        now=now,
        before={FIELDS[kind]: before[kind] for kind in new},
        after={FIELDS[kind]: each.limit for kind, each in new.items()}
        | {"effective_at": effective_at, "ends_at": ends_at},
        reason=wanted.reason,
    )
    return Limited(
        before,
        {**before, **wanted.numbers},
        effective_at,
        ends_at if now < ends_at else None,
        entry_id,
        usage_queries.standing(user_id, now),
    )


def _write_person(user_id: str, person: Document, new: Mapping[LimitType, Coming], *, now: datetime) -> None:
    numbers, grace = limits.changed(person["limits"], person["grace"], new, now)
    written = {"limits": numbers, "grace": grace or None}
    fresh = {name: value for name, value in FRESH.items() if name not in {*written, "limits_version"}}
    collection("family_people").update(
        {"_id": user_id},
        {"$set": written, "$inc": {"limits_version": 1}, "$setOnInsert": fresh},
        upsert=True,
    )


def _write_families(founder_id: str, new: Coming, *, now: datetime) -> None:
    """Write the limit into every active family that the person founded, in one command.

    Each goes on with the number that holds for it now until the new one does.
    """
    field = FIELDS[LimitType.MEMBERS]
    stored, later = f"$limits.{field}", f"$limits.grace.{field}"
    is_over = {"$and": [{"$gt": [f"{later}.ends_at", None]}, {"$lte": [f"{later}.ends_at", now]}]}
    held = {"$cond": [is_over, f"{later}.limit", stored]}
    change: dict[str, Any] = (
        {f"limits.{field}": new.limit, "limits.grace": "$$REMOVE"}
        if now >= new.ends_at
        else {
            f"limits.{field}": {"$ifNull": [held, "$$REMOVE"]},
            "limits.grace": {field: new._asdict()},
        }
    )
    counted = {"version": {"$add": ["$version", 1]}, "updated_at": now}
    collection("families").update_all(
        {"founder_id": founder_id, "status": str(FamilyStatus.ACTIVE)}, [{"$set": {**change, **counted}}]
    )
