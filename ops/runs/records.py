"""Runs as they are kept: started, stopped, resumed, and read. See the package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ops import audit
from ops.actors import Actor, ActorKind, SecondFactor
from ops.errors import ConflictError, NotFoundError
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.indexes import Index, declare
from ops.mongo.unit_of_work import unit_of_work
from ops.runs.states import State

NAME, PARTS = "console_runs", "console_run_parts"
BATCH = 50  # documents a part, which are acted on one by one and recorded together
MOST = 10_000  # documents a run
KEPT = timedelta(days=60)
NEWEST = 100
# A list of runs needs no more of them.
OF_A_ROW = {"said": 0, "first": 0}
INDEXES = declare(
    NAME,
    # What a worker looks for, and the console's first page.
    Index(("state", "lease_until")),
    Index(("started_at",), ttl=KEPT),
)
INDEXES_OF_PARTS = declare(PARTS, Index(("started_at",), ttl=KEPT))


@dataclass(frozen=True)
class Wanted:
    """What a run is to do.

    Attributes:
        page: label of the model whose page offers the action, for example ``identity.user``.
        action: its name there.
        label: what it is called.
        permission: who may do it.
        said: what the form asked for, by field, as it was typed.
        reason: why; among ``said``, too.
    """

    page: str
    action: str
    label: str
    permission: str
    said: Mapping[str, str]
    reason: str


@unit_of_work()
def start(
    wanted: Wanted, ids: Sequence[str], *, actor: Actor, now: datetime, run_id: str | None = None
) -> str:
    """Write a run down, so that a worker begins it; returns its id.

    Args:
        wanted: what is to be done.
        ids: of the documents, each once, 1 to ``MOST``.
        actor: in whose name, with what they have shown of a second factor.
        now: the time.
        run_id: names the intent: there is at most one run of this id; ``None``: a fresh one.

    Raises:
        ValueError: there are none, or too many.
        ConflictError: somebody else has begun a run of this id.
    """
    if not 0 < len(ids) <= MOST:
        msg = f"a run takes 1 to {MOST} documents"
        raise ValueError(msg)
    if run_id is not None and is_begun(run_id, actor):
        return run_id
    run_id = run_id or new_id("run")
    batches = [list(ids[first : first + BATCH]) for first in range(0, len(ids), BATCH)]
    collection(NAME).insert(_fresh(run_id, wanted, len(ids), actor, now))
    parts = [
        {"_id": part_id(run_id, number), "v": 1, "ids": each, "outcomes": [], "started_at": now}
        for number, each in enumerate(batches)
    ]
    collection(PARTS).insert(*parts)
    after = {"page": wanted.page, "action": wanted.action, "total": len(ids)}
    audit.record(actor, "run.started", target=run_id, now=now, after=after, reason=wanted.reason)
    return run_id


def is_begun(run_id: str, actor: Actor) -> bool:
    """Tell whether somebody has started a run of this id.

    Raises:
        ConflictError: somebody else has.
    """
    found = collection(NAME).find_one({"_id": run_id}, {"by.id": 1})
    if found is not None and found["by"]["id"] != actor.id:
        raise ConflictError("Somebody else has begun a run of this id.")
    return found is not None


@unit_of_work()
def stop(run_id: str, why: str, *, actor: Actor, now: datetime) -> None:
    """Let no further batch of a run begin; ``why``: a sentence for staff.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: it does not run.
    """
    stopped = {"by": actor.id, "at": now, "why": why}
    _move(run_id, State.RUNNING, {"state": str(State.STOPPED), "stopped": stopped})
    audit.record(
        actor, "run.stopped", target=run_id, now=now, after={"state": str(State.STOPPED)}, reason=why
    )


@unit_of_work()
def resume(run_id: str, *, actor: Actor, now: datetime) -> None:
    """Let a run that was stopped go on with what is left; it goes on in the name of who started it.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: it is not stopped.
    """
    _move(run_id, State.STOPPED, {"state": str(State.RUNNING), "stopped": None, "stalled": 0})
    audit.record(actor, "run.resumed", target=run_id, now=now, after={"state": str(State.RUNNING)})


def find(run_id: str) -> Document:
    """Return a run.

    Raises:
        NotFoundError: there is none of this id.
    """
    found = collection(NAME).find_one({"_id": run_id})
    if found is None:
        raise NotFoundError
    return found


def newest() -> list[Document]:
    """Return the newest runs, the newest first."""
    return collection(NAME).find({}, OF_A_ROW, sort=[("started_at", -1)], limit=NEWEST)


def running() -> list[Document]:
    """Return the runs that are at work or wait for their turn."""
    waiting = {"state": str(State.RUNNING)}
    return collection(NAME).find(waiting, OF_A_ROW, sort=[("lease_until", 1)], limit=NEWEST)


def part(run_id: str, number: int) -> Document | None:
    """Return a part of a run, ``None``: it has not so many; ``number``: from 0 on."""
    return collection(PARTS).find_one({"_id": part_id(run_id, number)})


def part_id(run_id: str, number: int) -> str:
    """Return the id of a part."""
    return f"{run_id}:{number:04d}"


def actor_of(run: Document) -> Actor:
    """Return who started a run, with what they had shown, and no permission: those are looked up anew."""
    by = run["by"]
    actor = Actor(
        ActorKind.STAFF,
        by["id"],
        by["name"],
        session_id=by["session_id"],
        request_id=by["request_id"],
        address=by["address"],
        user_agent=by["user_agent"],
        in_console=True,
        second_factor=SecondFactor(by["second_factor"]),
    )
    return replace(actor, confirmation=lambda: True) if by["confirmed"] else actor


def _fresh(run_id: str, wanted: Wanted, total: int, actor: Actor, now: datetime) -> Document:
    return {
        "_id": run_id,
        "v": 1,
        "page": wanted.page,
        "action": wanted.action,
        "label": wanted.label,
        "permission": wanted.permission,
        "said": dict(wanted.said),
        "by": _kept(actor),
        "total": total,
        "position": 0,
        "counts": {},
        "first": [],
        "state": str(State.RUNNING),
        "stopped": None,
        "started_at": now,
        "over_at": None,
        "lease_id": None,
        "lease_until": now,
        "stalled": 0,
    }


def _kept(actor: Actor) -> Document:
    return {
        "id": actor.id,
        "name": actor.name,
        "session_id": actor.session_id,
        "request_id": actor.request_id,
        "address": actor.address,
        "user_agent": actor.user_agent,
        "second_factor": str(actor.second_factor),
        "confirmed": bool(actor.confirmation and actor.confirmation()),
    }


def _move(run_id: str, state: State, change: Document) -> None:
    if not collection(NAME).update({"_id": run_id, "state": str(state)}, {"$set": change}):
        found = find(run_id)
        raise ConflictError(f"The run is {found['state']}.")
