"""What people do about an incident. Each act is audited, and stands among the incident's events.

The system ticks by itself what follows from an act: see ``attending``. All acts raise ``NotFoundError``:
there is no such incident, or none that the actor may see; and ``ValidationFailedError``: a word, day or text
is not as it must be.
"""

from collections.abc import Sequence
from datetime import datetime

from ops.actors import Actor
from ops.incidents import green, publishing, records, starting
from ops.incidents.doing import LONGEST_LINE, act, done, refuse_more, refuse_resolved, seen, text_of, word_of
from ops.incidents.errors import NotGreenError, WrongStateError
from ops.incidents.keeping import (
    add_follow_up,
    add_link,
    end_alerts,
    end_follow_up,
    plan_search,
    tick,
    untick,
    write_post_mortem,
)
from ops.incidents.kinds import Kind, PublicState, Severity, State, due
from ops.mongo.collections import Document

LONGEST_NOTICE = 10_000

__all__ = [
    "acknowledge",
    "add_follow_up",
    "add_link",
    "end_alerts",
    "end_follow_up",
    "hide_public",
    "note",
    "plan_search",
    "reopen",
    "resolve",
    "send_notice",
    "set_public",
    "set_severity",
    "tick",
    "untick",
    "write_post_mortem",
]


@act
def acknowledge(incident_id: str, *, actor: Actor, now: datetime) -> Document:
    """Take an incident in hand, so that nobody else is called; one that somebody has stays as it is."""
    incident = seen(incident_id, actor)
    if incident["state"] != State.OPEN:
        return incident
    fields = {"state": str(State.ACKNOWLEDGED), "acknowledged_at": now, "acknowledged_by": actor.id}
    return done(
        incident, fields, "acknowledged", f"{actor.name or actor.id} has it in hand.", actor=actor, now=now
    )


@act
def note(incident_id: str, text: str, *, actor: Actor, now: datetime) -> Document:
    """Write something down in an incident; who opened it may do so in any case."""
    incident = records.find(incident_id)
    if incident["opened_by"] != actor.id:
        seen(incident_id, actor)
    said = text_of(text)
    return done(incident, {}, "noted", said, actor=actor, now=now, private={"text": said})


@act
def set_severity(incident_id: str, severity: str, reason: str, *, actor: Actor, now: datetime) -> Document:
    """Say that it is worse, or not as bad; its due times are counted anew, from when it was opened."""
    incident, why = seen(incident_id, actor), text_of(reason, "reason")
    wanted = word_of(Severity, severity, "severity")
    if wanted == incident["severity"]:
        return incident
    refuse_resolved(incident)
    acknowledge_by, fix_by = due(wanted, incident["opened_at"])
    fields = {"severity": str(wanted), "acknowledge_by": acknowledge_by, "fix_by": fix_by}
    text = f"From {incident['severity'].upper()} to {wanted.upper()}: {why}"
    return done(incident, fields, "severity", text, actor=actor, now=now, reason=why, told=("severity",))


@act
def set_public(  # noqa: PLR0913  # what users are told
    incident_id: str,
    state: str,
    text: str,
    components: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
) -> Document:
    """Tell users on the status page how far it is; at once, and for everybody.

    Args:
        incident_id: of the incident.
        state: a word of ``PublicState``.
        text: what they are told.
        components: names of the parts that are concerned; none: as before.
        actor: who does it.
        now: when.
    """
    incident, said = seen(incident_id, actor), text_of(text)
    wanted = word_of(PublicState, state, "state")
    named = [text_of(each, "components", 1, LONGEST_LINE) for each in components]
    kind = Kind(incident["kind"])
    before = incident["public"] or {
        "title": publishing.TITLES.get(kind, publishing.OTHER_TITLE),
        "components": [],
        "updates": [],
    }
    refuse_more(before["updates"], "text")
    fields = publishing.continued(before, wanted, said, by=actor.id, now=now)
    fields["public"]["components"] = named or before["components"]
    return done(incident, fields, "public", said, actor=actor, now=now, private={"text": said})


@act
def hide_public(incident_id: str, *, actor: Actor, now: datetime) -> Document:
    """Take it off the status page."""
    incident = seen(incident_id, actor)
    if incident["public"] is None:
        return incident
    return done(incident, {"public": None}, "public", "Users are told nothing of it.", actor=actor, now=now)


@act
def resolve(incident_id: str, text: str, *, actor: Actor, now: datetime) -> Document:
    """Say that it is over, and what it was; one that is resolved stays as it is.

    Raises:
        NotGreenError: alerts, doctor or requests are not well, or not for long enough.
    """
    incident, said = seen(incident_id, actor), text_of(text)
    if incident["state"] == State.RESOLVED:
        return incident
    if obstacles := green.obstacles(incident, now):
        raise NotGreenError(obstacles)
    fields = {
        "state": str(State.RESOLVED),
        "resolved_at": now,
        "resolved_by": actor.id,
        "resolution": said,
        **publishing.continued(
            incident["public"], PublicState.RESOLVED, publishing.OVER, by=actor.id, now=now
        ),
    }
    return done(incident, fields, "resolved", said, actor=actor, now=now, told=("state",), reason=said)


@act
def reopen(incident_id: str, reason: str, *, actor: Actor, now: datetime) -> Document:
    """Say that it is not over after all; its clocks run anew. One that is not resolved stays as it is.

    Raises:
        WrongStateError: meanwhile another is open about the same.
    """
    incident, why = seen(incident_id, actor), text_of(reason, "reason")
    if incident["state"] != State.RESOLVED:
        return incident
    if (about := incident["about"]) is not None:
        latest = starting.claim(about)["incident"]
        if latest != incident["_id"] and latest and starting.is_open(records.find(latest)):
            raise WrongStateError(f"{latest} is open about the same.")
        starting.write_claim(about, {"incident": incident["_id"]})
    return starting.reopened(incident, why, {}, actor=actor, now=now)


@act
def send_notice(incident_id: str, text: str, *, actor: Actor, now: datetime) -> Document:
    """Keep what the authorities were told of a security incident; the first time ends the clock.

    Raises:
        WrongStateError: it is no security incident.
    """
    incident, said = seen(incident_id, actor), text_of(text, longest=LONGEST_NOTICE)
    notice = incident["notice"]
    if notice is None:
        raise WrongStateError("Only of a security incident authorities are told.")
    sent = {"sent_at": notice["sent_at"] or now, "sent_by": notice["sent_by"] or actor.id}
    fields = {"notice": {**notice, **sent, "text": said}}
    told = f"The authorities were told, due by {notice['due_at']:%Y-%m-%d %H:%M} UTC."
    private = {"text": said}
    return done(incident, fields, "notice", told, actor=actor, now=now, private=private)
