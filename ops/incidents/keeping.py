"""What people keep with an incident: ticked boxes, what follows, links, the post-mortem. See ``acting``."""

from collections.abc import Container
from datetime import date, datetime

from ops.actors import Actor
from ops.errors import NotFoundError
from ops.ids import new_id
from ops.incidents import checklists, starting
from ops.incidents.doing import LONGEST_LINE, SHORTEST, act, day_of, done, fault, refuse_more, seen, text_of
from ops.mongo.collections import Document

LONGEST_POST_MORTEM = 50_000
LONGEST_ADDRESS = 2000


@act
def tick(  # noqa: PLR0913  # what a ticked box holds
    incident_id: str, box: str, evidence: str | None, note: str | None, *, actor: Actor, now: datetime
) -> Document:
    """Tick a box of its checklist; a ticked one stays as it is.

    Args:
        incident_id: of the incident.
        box: its id, for example ``C09``.
        evidence: what shows that it was done: a link, an id, a file; empty: nothing.
        note: more about it; empty: nothing.
        actor: who does it.
        now: when.
    """
    incident = seen(incident_id, actor)
    _refuse_unknown_box(incident, box)
    if box in incident["boxes"]:
        return incident
    shown = text_of(evidence, "evidence", 1) if evidence else None
    more = text_of(note, "note", 1) if note else None
    ticked = {"at": now, "by": actor.id, "evidence": shown, "note": more}
    text = f"{box}: {shown or more or 'done'}"
    private = {"evidence": shown, "note": more}
    fields = {f"boxes.{box}": ticked}
    return done(incident, fields, "ticked", text, actor=actor, now=now, after={"box": box}, private=private)


@act
def untick(incident_id: str, box: str, *, actor: Actor, now: datetime) -> Document:
    """Take a tick back."""
    incident = seen(incident_id, actor)
    _refuse_unknown_box(incident, box)
    if box not in incident["boxes"]:
        return incident
    left = {each: ticked for each, ticked in incident["boxes"].items() if each != box}
    text = f"{box}: taken back"
    return done(incident, {"boxes": left}, "ticked", text, actor=actor, now=now, after={"box": box})


@act
def add_follow_up(  # noqa: PLR0913  # what it is made of
    incident_id: str, what: str, owner: str, due: str | date, *, actor: Actor, now: datetime
) -> Document:
    """Say what is to be done afterwards, by whom, and by which day (ISO)."""
    incident = seen(incident_id, actor)
    refuse_more(incident["follow_ups"], "what")
    planned = {
        "id": new_id("flw"),
        "what": text_of(what, "what", SHORTEST, LONGEST_LINE),
        "owner": text_of(owner, "owner", 1, LONGEST_LINE),
        "due": day_of(due, "due"),
        "done_at": None,
        "done_by": None,
    }
    text = f"To be done by {planned['owner']} until {planned['due']}: {planned['what']}"
    fields = {"follow_ups": [*incident["follow_ups"], planned]}
    after, private = {"follow_up": planned["id"], "due": planned["due"]}, {"what": planned["what"]}
    return done(incident, fields, "follow_up", text, actor=actor, now=now, after=after, private=private)


@act
def end_follow_up(incident_id: str, follow_up_id: str, *, actor: Actor, now: datetime) -> Document:
    """Say that what was to be done is done.

    Raises:
        NotFoundError: the incident has none of this id, either.
    """
    incident = seen(incident_id, actor)
    found = next((each for each in incident["follow_ups"] if each["id"] == follow_up_id), None)
    if found is None:
        raise NotFoundError
    if found["done_at"] is not None:
        return incident
    ended = {**found, "done_at": now, "done_by": actor.id}
    fields = {"follow_ups": [ended if each is found else each for each in incident["follow_ups"]]}
    after = {"follow_up": follow_up_id, "done": True}
    return done(incident, fields, "follow_up", f"Done: {found['what']}", actor=actor, now=now, after=after)


@act
def plan_search(incident_id: str, on: str | date, *, actor: Actor, now: datetime) -> Document:
    """Plan the search for the cause for a day (ISO)."""
    incident, day = seen(incident_id, actor), day_of(on, "on")
    if incident["investigate_on"] == day:
        return incident
    text = f"The search is planned for {day}."
    return done(
        incident,
        {"investigate_on": day},
        "noted",
        text,
        actor=actor,
        now=now,
        told=("investigate_on",),
        action="planned",
    )


@act
def add_link(incident_id: str, what: str, address: str, *, actor: Actor, now: datetime) -> Document:
    """Keep where something stands: the change that mends it, a page that was changed.

    Args:
        incident_id: of the incident.
        what: what is there, in a line.
        address: beginning with ``https://`` or ``http://``.
        actor: who adds it.
        now: when.
    """
    incident, said = seen(incident_id, actor), text_of(what, "what", 1, LONGEST_LINE)
    where = text_of(address, "address", 1, LONGEST_ADDRESS)
    if not where.startswith(("https://", "http://")) or any(each.isspace() for each in where):
        raise fault("address", "invalid_format", "It must begin with https:// or http://.")
    refuse_more(incident["links"], "address")
    link = {"what": said, "address": where, "at": now, "by": actor.id}
    fields, private = {"links": [*incident["links"], link]}, {"what": said, "address": where}
    text = f"{said}: {where}"
    return done(incident, fields, "noted", text, actor=actor, now=now, action="link_added", private=private)


@act
def end_alerts(incident_id: str, reason: str, *, actor: Actor, now: datetime) -> Document:
    """Say that its alerts are over, since monitoring will not: it may have lost what it knew.

    Until they have ended nobody can resolve it; where none fires, it stays as it is.
    """
    incident, why = seen(incident_id, actor), text_of(reason, "reason", longest=LONGEST_LINE)
    firing = {name: each for name, each in incident["alerts"].items() if each["ends_at"] is None}
    if not firing:
        return incident
    names = sorted({each["name"] for each in firing.values()})
    _forget_episodes(incident, firing)
    return done(
        incident,
        {f"alerts.{name}.ends_at": now for name in firing},
        "alert_ended",
        f"Said to be over: {', '.join(names)}.",
        actor=actor,
        now=now,
        action="alerts_ended",
        after={"alerts": names},
        reason=why,
    )


@act
def write_post_mortem(incident_id: str, text: str, *, actor: Actor, now: datetime) -> Document:
    """Keep the post-mortem (Markdown), in place of the one before."""
    incident = seen(incident_id, actor)
    said = text_of(text, longest=LONGEST_POST_MORTEM)
    if incident["post_mortem"] is not None and incident["post_mortem"]["text"] == said:
        return incident
    fields = {"post_mortem": {"text": said, "at": now, "by": actor.id}}
    written = "The post-mortem was written."
    return done(incident, fields, "post_mortem", written, actor=actor, now=now)


def _forget_episodes(incident: Document, fingerprints: Container[str]) -> None:
    """Forget what was heard of alerts: should they fire after all, that is news."""
    about = incident["about"]
    if about is not None:
        known = starting.claim(about)["episodes"]
        left = {name: each for name, each in known.items() if name not in fingerprints}
        starting.write_claim(about, {"episodes": left})


def _refuse_unknown_box(incident: Document, box: str) -> None:
    known = [each.id for each in checklists.boxes(incident)]
    if box not in known:
        raise fault("box", "invalid_choice", f"Possible: {', '.join(known)}.")
