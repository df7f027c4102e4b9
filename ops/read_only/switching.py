"""Closing changes and opening them again; audited."""

from datetime import datetime

from ops import audit, switches
from ops.actors import Actor
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import on_commit, unit_of_work
from ops.read_only.mode import SWITCH


def standing() -> Document | None:
    """Return the switch as the database has it; ``None``: changes are open."""
    found = control_collection(switches.NAME, joins=True).find_one({"_id": SWITCH}) or {}
    return found if found.get("on") else None


@unit_of_work()
def switch_on(*, reason: str, actor: Actor, now: datetime) -> bool:
    """Close changes, on every machine within a second; tells whether they were open."""
    if standing() is not None:
        return False
    told = {"on": True, "since": now, "by": actor.id, "until": None}
    control_collection(switches.NAME, joins=True).update({"_id": SWITCH}, {"$set": told}, upsert=True)
    audit.record(actor, "read_only.begun", target=SWITCH, now=now, after={"on": True}, reason=reason)
    on_commit(switches.forget)
    return True


@unit_of_work()
def switch_off(*, reason: str, actor: Actor, now: datetime) -> bool:
    """Open changes again, on every machine within a second; tells whether they were closed."""
    before = standing()
    if before is None:
        return False
    ended = {"on": False, "until": now}
    control_collection(switches.NAME, joins=True).update({"_id": SWITCH}, {"$set": ended})
    audit.record(
        actor,
        "read_only.ended",
        target=SWITCH,
        now=now,
        before={"on": True, "since": before["since"].isoformat()},
        after={"on": False},
        reason=reason,
    )
    on_commit(switches.forget)
    return True
