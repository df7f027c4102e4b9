"""Switching maintenance on and off; audited."""

from datetime import datetime

from django.conf import settings

from ops import audit, switches
from ops.actors import Actor
from ops.maintenance import mode
from ops.maintenance.mode import SWITCH
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import on_commit, unit_of_work


def mark() -> None:
    """Write the file, so that it is on for this machine at once, and also while MongoDB is away."""
    settings.MAINTENANCE_FILE.parent.mkdir(parents=True, exist_ok=True)
    settings.MAINTENANCE_FILE.touch()


def unmark() -> None:
    """Remove the file."""
    settings.MAINTENANCE_FILE.unlink(missing_ok=True)


def switch_on(*, reason: str, actor: Actor, now: datetime) -> Document:
    """Switch it on for every machine; returns the switch. One that is on stays as it was."""
    with mode.exempt():
        return _switch_on(reason=reason, actor=actor, now=now)


def switch_off(*, actor: Actor, now: datetime) -> bool:
    """Switch it off for every machine; tells whether it was on."""
    with mode.exempt():
        return _switch_off(actor=actor, now=now)


@unit_of_work()
def _switch_on(*, reason: str, actor: Actor, now: datetime) -> Document:
    control = control_collection(switches.NAME, joins=True)
    before = control.find_one({"_id": SWITCH}) or {}
    if before.get("on"):
        return before
    told = {"on": True, "since": now, "by": actor.id}
    control.update({"_id": SWITCH}, {"$set": told}, upsert=True)
    audit.record(actor, "maintenance.begun", target=SWITCH, now=now, after={"on": True}, reason=reason)
    on_commit(switches.forget)
    return {"_id": SWITCH, **told}


@unit_of_work()
def _switch_off(*, actor: Actor, now: datetime) -> bool:
    control = control_collection(switches.NAME, joins=True)
    before = control.find_one({"_id": SWITCH}) or {}
    if not before.get("on"):
        return False
    control.update({"_id": SWITCH}, {"$set": {"on": False, "until": now}})
    since = before["since"].isoformat()
    after = {"on": False}
    audit.record(
        actor, "maintenance.ended", target=SWITCH, now=now, before={"on": True, "since": since}, after=after
    )
    on_commit(switches.forget)
    return True
