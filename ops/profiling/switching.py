"""Switching the profiler on for a while, and off; audited.

In ``profiling`` of the control database, ``_id: "profiler"``: ``on, slowms, since, until, by`` and, to be put
back, the server's own limit of what is slow (``usual_slowms``; its log follows it). The end stands there, so
that a job keeps it whatever becomes of the command. The level holds for the member that is primary then.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ops import audit, origin
from ops.actors import Actor
from ops.mongo.collections import Document, collection, control_collection
from ops.mongo.unit_of_work import unit_of_work

NAME, PROFILER, PROFILE = "profiling", "profiler", "system.profile"
USUAL_SLOWMS = 100
OFF, SLOW_ONES, EVERYTHING = 0, 1, 2
LONGEST = timedelta(hours=1)
_ASK = -1


class Standing(NamedTuple):
    """How it stands: the server's level and limit, and what is written of it."""

    level: int
    slowms: int
    told: Document

    @property
    def until(self) -> datetime | None:
        """When it ends; ``None``: nobody has said."""
        return self.told["until"] if self.told.get("on") else None


def standing() -> Standing:
    """Return how it stands."""
    answer = _profile(_ASK)
    return Standing(answer["was"], answer["slowms"], _told())


def begin(slowms: int, lasts: timedelta, *, actor: Actor, now: datetime) -> datetime:
    """Record what takes ``slowms`` and longer, for a while; returns until when. One that is on goes on.

    Raises:
        ValueError: for longer than ``LONGEST``, which nobody would remember.
    """
    if lasts > LONGEST:
        raise ValueError(f"at most {LONGEST}")
    until = now + lasts
    _note_begin(slowms, until, actor=actor, now=now)
    _profile(SLOW_ONES, slowms)
    return until


def end(*, actor: Actor, now: datetime, clear: bool = False) -> int:
    """Record nothing from now on; returns the level that was.

    ``clear``: what was recorded goes, too; else it stays until it is pushed out, or the next time.
    """
    usual = _told().get("usual_slowms", USUAL_SLOWMS)
    before: int = _profile(OFF, usual)["was"]
    if clear:
        collection(PROFILE).raw.drop()
    _note_end(before, actor=actor, now=now)
    return before


def end_if_due(*, now: datetime) -> bool:
    """Switch it off at its end; tells whether it was time. What somebody switched on by hand has none."""
    told = _told()
    if not told.get("on") or told["until"] > now:
        return False
    end(actor=Actor.system("beat"), now=now)
    return True


@unit_of_work()
def _note_begin(slowms: int, until: datetime, *, actor: Actor, now: datetime) -> None:
    told = _told()
    usual = told["usual_slowms"] if told.get("on") else _profile(_ASK)["slowms"]
    note = {"on": True, "slowms": slowms, "since": now, "until": until, "by": actor.id, "usual_slowms": usual}
    control_collection(NAME, joins=True).update({"_id": PROFILER}, {"$set": note}, upsert=True)
    after = {"level": SLOW_ONES, "slowms": slowms, "until": until.isoformat()}
    audit.record(actor, "profiler.begun", target=PROFILER, now=now, after=after)


@unit_of_work()
def _note_end(level: int, *, actor: Actor, now: datetime) -> None:
    was_on = _told().get("on", False)
    if not was_on and level == OFF:
        return
    control_collection(NAME, joins=True).update({"_id": PROFILER}, {"$set": {"on": False}}, upsert=True)
    audit.record(
        actor, "profiler.ended", target=PROFILER, now=now, before={"level": level}, after={"level": OFF}
    )


def _told() -> Document:
    return control_collection(NAME).find_one({"_id": PROFILER}) or {}


def _profile(level: int, slowms: int | None = None) -> dict[str, Any]:
    """Ask the server for a level; returns how it was."""
    asked = {"profile": level} if slowms is None else {"profile": level, "slowms": slowms}
    answer: dict[str, Any] = collection(PROFILE).raw.database.command(asked, comment=origin.comment())
    return answer
