"""What the system does about an incident by itself, again and again, from its opening on.

The support bundle, doctor's finding, what it costs, boxes with their evidence, and whether it is over. Writes
the control database and files alone, so it goes on during maintenance. May run in several places at once, and
twice: each thing is claimed in ``incident_workings`` before it is done.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from pymongo.errors import AutoReconnect

from ops import deadline
from ops.actors import Actor
from ops.doctor import recording
from ops.errors import DatabaseUnavailableError
from ops.incidents import bundling, green, impact, records, ticking
from ops.incidents.impact import WORKINGS
from ops.incidents.kinds import State
from ops.incidents.proofs import Proof
from ops.logs import logger
from ops.mongo.collections import Document, control_collection

BUNDLE_TRIES = 3
# Longer than taking one may last: whoever has not ended by then was killed.
BUNDLE_SPAN = timedelta(minutes=2)
MEASURED_EVERY = timedelta(minutes=1)
# What doctor saw shortly before may be the first of it.
SEEN_BEFORE = timedelta(minutes=1)
# If its job is what does not run, doctor is asked here.
DOCTOR_WITHIN = timedelta(minutes=2)
DOCTOR_SECONDS = 2.0
# Boxes of what comes afterwards are ticked for so long; then nobody needs the ids of who was touched, either.
AFTERWARDS = timedelta(days=7)
LATEST = 50
ACTOR = Actor.system("attend").id
log = logger(__name__)


def attend(now: datetime) -> int:
    """Do what is due about each open incident, and tick what followed those resolved lately.

    What fails of it is logged, and tried again the next time, as is what the caller's deadline leaves no time
    for. Of bundles at most one is taken in a call.

    Returns:
        How many things were done that were not done before.

    Raises:
        DatabaseUnavailableError, AutoReconnect: MongoDB is away.
    """
    incidents = records.open_ones()
    done = sum(_tried(_attach_doctor, each, now) for each in incidents)
    done += next((1 for each in incidents if _tried(_take_bundle, each, now)), 0)
    for each in incidents:
        done += sum(_tried(step, each, now) for step in (_measure, _follow))
    resolved = [each for each in records.latest(LATEST) if each["state"] == State.RESOLVED]
    for each in resolved:
        if each["resolved_at"] >= now - AFTERWARDS:
            done += _tried(_follow_up, each, now)
    if over := [each["_id"] for each in resolved if each["resolved_at"] < now - AFTERWARDS]:
        control_collection(WORKINGS).delete({"_id": {"$in": over}})
    return done


def _tried(step: Callable[[Document, datetime], int], incident: Document, now: datetime) -> int:
    if deadline.remaining() == 0:
        return 0
    try:
        return step(incident, now)
    except (DatabaseUnavailableError, AutoReconnect):
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, the others must be attended to
        log.warning(
            "incident not attended to",
            incident=incident["_id"],
            step=step.__name__.strip("_"),
            cause=type(error).__name__,
        )
        return 0


def _attach_doctor(incident: Document, now: datetime) -> int:
    """Keep what doctor saw when it was opened; if doctor does not look, let it look."""
    if incident["doctor"]:
        return 0
    seen = recording.latest()
    if seen is None or seen["at"] < incident["opened_at"] - SEEN_BEFORE:
        if now < incident["opened_at"] + DOCTOR_WITHIN:
            return 0
        recording.look(now, patience=DOCTOR_SECONDS)
        seen = recording.latest()
    if seen is None:
        return 0
    kept = {name: seen[name] for name in ("at", "result", "unwell")}
    if not _keep(incident, {"doctor": kept}, {"doctor": None}):
        return 0
    causes = [each["name"] for each, _ in recording.causes(seen)]
    text = f"Doctor: {seen['result']}" + (f", cause {', '.join(causes)}." if causes else ".")
    _note(incident, "doctor", text, now)
    return 1


def _take_bundle(incident: Document, now: datetime) -> int:
    if incident["bundle"]:
        return 0
    claimed = _claim(incident, "bundle", now, BUNDLE_SPAN, {"bundle_tries": {"$not": {"$gte": BUNDLE_TRIES}}})
    if claimed is None:
        return 0
    tries = claimed["bundle_tries"]
    try:
        taken = bundling.take(incident, now)
    except Exception as error:
        _note(incident, "bundle", f"No bundle was taken, try {tries}: {type(error).__name__}.", now)
        raise
    _keep(incident, {"bundle": taken}, {"bundle": None})
    lacking = f", without all of {', '.join(taken['missing'])}" if taken["missing"] else ""
    _note(incident, "bundle", f"The bundle {taken['path']} was taken{lacking}.", now, sha256=taken["sha256"])
    return 1


def _measure(incident: Document, now: datetime) -> int:
    if _claim(incident, "measured", now, MEASURED_EVERY) is None:
        return 0
    is_first = not incident["impact"]
    measured = impact.measure(incident, now)
    # No change of the incident that anybody has to know of before they change something else.
    control_collection(records.NAME).update({"_id": incident["_id"]}, {"$set": {"impact": measured}})
    incident["impact"] = measured
    if is_first:
        _note(incident, "impact", "Requests, users and families are counted from now on.", now)
    return 1


def _follow(incident: Document, now: datetime) -> int:
    """Say whether it is green, and tick what the incident, and what happened around it, are evidence of."""
    is_green = not (against := green.obstacles(incident, now))
    done = 0
    workings = control_collection(WORKINGS)
    was = {"$ne": True} if is_green else True
    if workings.update({"_id": incident["_id"], "green": was}, {"$set": {"green": is_green}}):
        text = "All has been well for 15 minutes." if is_green else against[0]
        _note(incident, "green" if is_green else "not_green", text, now)
        done += 1
    # What was ticked once, by whomever, is never the system's again: a person may untick it.
    known = {"ticked": {"$each": sorted(incident["boxes"])}}
    workings.update({"_id": incident["_id"]}, {"$addToSet": known})
    seen = {**ticking.around(incident, is_green=is_green), **ticking.own(incident)}
    return done + sum(_tick(incident, box, proof, now) for box, proof in _due(incident, seen))


def _follow_up(incident: Document, now: datetime) -> int:
    return sum(_tick(incident, box, proof, now) for box, proof in _due(incident, ticking.own(incident)))


def _due(incident: Document, seen: Mapping[str, Proof]) -> list[tuple[str, Proof]]:
    return [(box, seen[box]) for box in sorted(seen.keys() & ticking.left_to(incident))]


def _tick(incident: Document, box: str, proof: Proof, now: datetime) -> int:
    """Tick a box, unless it was ticked before."""
    workings = control_collection(WORKINGS)
    _begin(incident)
    if not workings.update({"_id": incident["_id"], "ticked": {"$ne": box}}, {"$push": {"ticked": box}}):
        return 0
    ticked = {"at": now, "by": ACTOR, "evidence": proof.text, "link": proof.link, "note": None}
    if not _keep(incident, {f"boxes.{box}": ticked}, {f"boxes.{box}": {"$exists": False}}):
        return 0
    _note(incident, "ticked", f"{box}: {proof.text}", now, box=box)
    return 1


def _keep(incident: Document, fields: Document, unless_changed: Document) -> bool:
    """Write fields of an incident if they are as they were; tells whether they were."""
    written = control_collection(records.NAME).update(
        {"_id": incident["_id"], **unless_changed}, {"$set": fields, "$inc": {"version": 1}}
    )
    if written:
        for name, value in fields.items():
            field, _, key = name.partition(".")
            if key:
                incident[field][key] = value
            else:
                incident[field] = value
    return written


def _claim(
    incident: Document, what: str, now: datetime, span: timedelta, condition: Document | None = None
) -> Document | None:
    """Take a piece of work for a while; returns the workings, ``None``: it is not due."""
    _begin(incident)
    until = f"{what}_until"
    return control_collection(WORKINGS).find_and_update(
        {"_id": incident["_id"], until: {"$not": {"$gt": now}}, **(condition or {})},
        {"$set": {until: now + span}, "$inc": {f"{what}_tries": 1}},
    )


def _begin(incident: Document) -> None:
    control_collection(WORKINGS).update({"_id": incident["_id"]}, {"$setOnInsert": {"v": 1}}, upsert=True)


def _note(incident: Document, kind: str, text: str, now: datetime, **facts: object) -> None:
    records.note_event(incident["_id"], kind, text, by=ACTOR, now=now, facts=facts or None)
