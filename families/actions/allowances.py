"""Allowances: standing payments of a family's account to a member, made, changed and stopped by admins.

Each unit that makes or changes one writes the family's document, as every departure does: so nobody who
leaves at that moment keeps one. And it writes the schedule, as paying does: so none can pass the other.

A change or a stop takes hold at once. What had begun and was not paid by then is no longer owed if the
schedule was stopped or paused meanwhile, or goes by another frequency now.

Source: HTTP contract, sections 15 (allowances) and 6 (departure); design, section 4.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from families import allowance_queries, queries
from families.rules import effective_settings
from ops import audit
from ops.actors import Actor
from ops.errors import FieldFault, NotFoundError, ValidationFailedError
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import movers
from tokens.rules import allowances as rules
from tokens.rules.allowances import LIVE, MOST_OF_A_FAMILY, Frequency, Period, Rhythm, ScheduleStatus

ALLOWANCES = "allowances"
ACTIVE, PAUSED, STOPPED = (
    str(each) for each in (ScheduleStatus.ACTIVE, ScheduleStatus.PAUSED, ScheduleStatus.STOPPED)
)
AUDITED = ("recipient_id", "amount", "frequency", "status")


class Draft(NamedTuple):
    """Who shall get how much, how often; ``active``: from now on, not only once that is changed."""

    recipient_id: str
    amount: int
    frequency: Frequency
    active: bool = True


@unit_of_work()
def create(family_id: str, draft: Draft, *, actor: Actor, now: datetime) -> Document:
    """Make an allowance. It is paid for the first time a whole day, week or month on.

    Raises:
        EmailNotConfirmedError: the actor's address is to be confirmed first.
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        ValidationFailedError: the recipient is no member, or the family has as many allowances as it may.
    """
    movers.require(actor)
    family = queries.family_managed_by(actor, family_id)
    _require_member(family, draft.recipient_id)
    if len(allowance_queries.allowances_for(actor, family)) >= MOST_OF_A_FAMILY:
        message = f"A family has at most {MOST_OF_A_FAMILY} allowances at a time."
        raise ValidationFailedError([FieldFault("body", "not_allowed", message)])
    allowance = {
        "_id": new_id("allow"),
        "v": 1,
        "family_id": family_id,
        "recipient_id": draft.recipient_id,
        "amount": draft.amount,
        "frequency": str(draft.frequency),
        "status": ACTIVE if draft.active else PAUSED,
        **_begun(draft.frequency, family, now, settled=None),
        "settled_on": None,
        "last_paid_at": None,
        "created_by": actor.user_id,
        "created_at": now,
        "updated_at": now,
        "stopped_at": None,
    }
    _touch(family_id)
    collection(ALLOWANCES).insert(allowance)
    _record(actor, "allowance.created", allowance, before=None, after=_shown(allowance), now=now)
    return allowance


@unit_of_work()
def change(
    family_id: str, schedule_id: str, wanted: Mapping[str, Any], *, actor: Actor, now: datetime
) -> Document:
    """Write what was sent, the rest stays; returns the allowance as it is then.

    Another frequency begins anew with that day. One that is active again goes on with its next period that
    has not begun; those of the pause are neither paid nor missed.

    Args:
        family_id: of which family.
        schedule_id: which.
        wanted: ``recipient_id``, ``amount``, ``frequency`` and ``active``, or some of them, of checked shape.
        actor: an admin of the family.
        now: time of the change.

    Raises:
        EmailNotConfirmedError, FamilyNotFoundError, InsufficientPermissionsError: as ``create``.
        NotFoundError: the family has no such allowance.
        ValidationFailedError: the recipient is no member.
    """
    movers.require(actor)
    family = queries.family_managed_by(actor, family_id)
    stored = allowance_queries.allowance_of(family_id, schedule_id)
    after = _differences(stored, wanted)
    _require_member(family, (stored | after)["recipient_id"])
    if not after:
        return stored
    written: Document = {**after, "updated_at": now}
    settled = date.fromisoformat(stored["settled_on"]) if stored["settled_on"] else None
    if "frequency" in after:
        written |= _begun(Frequency(after["frequency"]), family, now, settled=settled)
    elif after.get("status") == ACTIVE:
        written |= _resumed(stored, family, now, settled=settled)
    _touch(family_id)
    collection(ALLOWANCES).update({"_id": schedule_id}, {"$set": written})
    before = {name: stored[name] for name in after}
    _record(actor, "allowance.changed", stored, before=before, after=after, now=now)
    return stored | written


@unit_of_work()
def stop(family_id: str, schedule_id: str, *, actor: Actor, now: datetime) -> None:
    """Stop an allowance for ever; what was paid stays on record.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        NotFoundError: the family has no such allowance.
    """
    family = queries.family_managed_by(actor, family_id)
    stop_one(allowance_queries.allowance_of(family["_id"], schedule_id), actor=actor, now=now)


@unit_of_work()
def stop_by_staff(schedule_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Stop any allowance, as staff.

    Raises:
        NotFoundError: no such allowance, or it is stopped.
    """
    found = collection(ALLOWANCES).find_one({"_id": schedule_id, "status": {"$in": list(LIVE)}})
    if found is None:
        raise NotFoundError
    stop_one(found, actor=actor, now=now, reason=reason)


@unit_of_work()
def stop_one(allowance: Document, *, actor: Actor, now: datetime, reason: str | None = None) -> None:
    """Stop an allowance, as part of a unit that read it."""
    _stop([allowance["_id"]], now=now)
    before = {"status": allowance["status"]}
    _record(
        actor,
        "allowance.stopped",
        allowance,
        before=before,
        after={"status": STOPPED},
        now=now,
        reason=reason,
    )


@unit_of_work()
def stop_all(family_id: str, *, now: datetime, recipient_id: str | None = None) -> list[str]:
    """Stop those of a family, or of one member, as part of the unit in which they end; returns their ids."""
    query = {"family_id": family_id, "status": {"$in": list(LIVE)}}
    query |= {} if recipient_id is None else {"recipient_id": recipient_id}
    found = collection(ALLOWANCES).find(query, {"_id": 1}, limit=MOST_OF_A_FAMILY)
    ids = sorted(each["_id"] for each in found)
    if ids:
        _stop(ids, now=now)
    return ids


def zone_of(family: Document) -> str:
    """Return the time zone that a family lives by."""
    return str(effective_settings(family["settings"])["timezone"])


def moments(period: Period) -> Document:
    """Return the fields of a schedule whose next period this is; nothing was in its way yet."""
    return {
        "next_on": period.on.isoformat(),
        "next_period": period.key,
        "next_at": period.begins_at,
        "next_ends_at": period.ends_at,
        "look_at": period.begins_at,
        "obstacle": None,
    }


def rhythm_of(allowance: Document) -> Rhythm:
    """Return how a schedule goes."""
    return Rhythm(Frequency(allowance["frequency"]), date.fromisoformat(allowance["anchor"]))


def _begun(frequency: Frequency, family: Document, now: datetime, *, settled: date | None) -> Document:
    """Return the fields of a schedule that begins with this day."""
    zone = zone_of(family)
    anchor = rules.local_date(now, zone)
    rhythm = Rhythm(frequency, anchor)
    first = rules.coming(rhythm, rules.next_date(rhythm, anchor), zone, now=now, settled=settled)
    return {"anchor": anchor.isoformat(), **moments(first)}


def _resumed(allowance: Document, family: Document, now: datetime, *, settled: date | None) -> Document:
    """Return the fields of a schedule that goes on after a pause."""
    on = date.fromisoformat(allowance["next_on"])
    return moments(rules.coming(rhythm_of(allowance), on, zone_of(family), now=now, settled=settled))


def _differences(stored: Document, wanted: Mapping[str, Any]) -> Document:
    """Return what is to be different, as it is stored."""
    said = {name: each for name, each in wanted.items() if name != "active"}
    if "active" in wanted:
        said["status"] = ACTIVE if wanted["active"] else PAUSED
    return {name: each for name, each in said.items() if stored[name] != each}


def _require_member(family: Document, user_id: str) -> None:
    if queries.membership(family, user_id) is None:
        fault = FieldFault("recipient_id", "not_member", "Only a member of the family gets an allowance.")
        raise ValidationFailedError([fault])


def _touch(family_id: str) -> None:
    """Write the family, so that nobody leaves past this."""
    collection("families").update({"_id": family_id}, {"$inc": {"allowances_version": 1}})


def _stop(ids: Sequence[str], *, now: datetime) -> None:
    stopped = {"status": STOPPED, "stopped_at": now, "updated_at": now}
    collection(ALLOWANCES).update_all({"_id": {"$in": list(ids)}}, {"$set": stopped})


def _shown(allowance: Document) -> Document:
    return {name: allowance[name] for name in AUDITED}


def _record(  # noqa: PLR0913  # an entry has as many parts
    actor: Actor,
    action: str,
    allowance: Document,
    *,
    before: Document | None,
    after: Document,
    now: datetime,
    reason: str | None = None,
) -> None:
    audit.record(
        actor,
        action,
        target=allowance["_id"],
        family_id=allowance["family_id"],
        now=now,
        before=before,
        after=after,
        reason=reason,
    )
