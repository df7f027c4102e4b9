"""What users are told of an incident by itself: that it is known, and that it is over; in general words."""

from datetime import datetime

from ops.incidents.kinds import Kind, PublicState, Severity
from ops.mongo.collections import Document

TITLES = {
    Kind.OUTAGE: "Some of what you ask for fails",
    Kind.DATA: "We are checking records of token accounts",
    Kind.PERFORMANCE: "Answers take longer than usual",
}
# Only if a person tells users of a security incident, whose title is nothing for them.
OTHER_TITLE = "Something is not as it should be"
TEXT = "We know of it, and are looking for the cause. More follows here."
OVER = "It is over. Thank you for your patience."
# By section of the runbook, as the status page names its parts; of others the whole is concerned.
COMPONENTS = {6: ["Sign-in"], 8: ["Families and invitations", "Token accounts"]}
# Lost or late backups are of this kind, too, and no user feels them: of data only the worst is told.
TOLD = {
    Kind.OUTAGE: frozenset({Severity.P1, Severity.P2}),
    Kind.PERFORMANCE: frozenset({Severity.P1, Severity.P2}),
    Kind.DATA: frozenset({Severity.P1}),
}


def proposed(
    kind: Kind, severity: Severity, section: int | None, *, by: str, now: datetime
) -> Document | None:
    """Return what users are told when it is opened; ``None``: nothing, as ever of ``security``."""
    if severity not in TOLD.get(kind, frozenset()):
        return None
    return {
        "title": TITLES[kind],
        "components": list(COMPONENTS.get(section or 0, [])),
        "updates": [update(PublicState.INVESTIGATING, TEXT, by=by, now=now)],
    }


def continued(public: Document | None, state: PublicState, text: str, *, by: str, now: datetime) -> Document:
    """Return a change of an incident that tells users one thing more; none if they were told nothing."""
    if public is None:
        return {}
    return {"public": {**public, "updates": [*public["updates"], update(state, text, by=by, now=now)]}}


def update(state: PublicState, text: str, *, by: str, now: datetime) -> Document:
    """Return an update as it is kept."""
    return {"at": now, "state": str(state), "text": text, "by": by}
