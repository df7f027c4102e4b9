"""Which boxes the system can tick by itself, from what it sees; with what it saw as evidence.

Source: runbook inventory, C01 to C48.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ops.backup import records as backups
from ops.deployments import recording as deployments
from ops.doctor import recording as examinations
from ops.doctor.check import Result
from ops.doctor.fixes.noting import MENDED
from ops.incidents import checklists, proofs, records
from ops.incidents.kinds import Kind, PublicState
from ops.incidents.proofs import Proof
from ops.maintenance import mode
from ops.models.audit import OPERATORS
from ops.mongo.collections import Document, collection
from ops.read_only import mode as read_only

MOST_ACTS, MOST_STARTS, MOST_BACKUPS = 200, 100, 20
FROZEN = "account.frozen"
CLOSED = ("maintenance.begun", "read_only.begun", FROZEN)
REVOKED = ("session.revoked", "permanent_token.revoked")
# Which boxes what operators did is evidence of, by the action in the audit log.
BY_ACT: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(CLOSED, ("C03", "C17", "C39")),
    **dict.fromkeys((MENDED, "rate_limit.overridden", "cache.cleared"), ("C03", "C39")),
    "access.blocked": ("C03", "C25", "C39"),
    **dict.fromkeys((*REVOKED, "user.disabled", "password.forced"), ("C26",)),
    "database.restored": ("C29",),
}
OF_ACTS = frozenset(box for boxes in BY_ACT.values() for box in boxes)
OF_RELEASES = frozenset({"C03", "C11", "C27", "C39"})
OF_EVENTS = frozenset({"C07", "C19", "C41"})
DIGITS = 12


def own(incident: Document) -> dict[str, Proof]:
    """Return what the incident itself is evidence of, by box; asks nobody."""
    found: dict[str, Proof] = {}
    for boxes, look in OF_ITSELF:
        if seen := look(incident):
            found |= dict.fromkeys(boxes, seen)
    return found


def around(incident: Document, *, is_green: bool) -> dict[str, Proof]:
    """Return what happened around it since it was opened, by box; asks only for what is not ticked.

    Raises:
        DatabaseUnavailableError, PyMongoError: MongoDB cannot be asked.
    """
    since, left = incident["opened_at"], left_to(incident)
    found: dict[str, Proof] = {}
    for boxes, look in ((OF_ACTS, _acts), (OF_RELEASES, _release)):
        found |= look(since) if left & boxes else {}
    if left & OF_EVENTS:
        found |= _events(incident["_id"])
    if "C18" in left and incident["bundle"] and (marked := _marked_backup(since)):
        found["C18"] = Proof(
            f"The bundle {incident['bundle']['path']}, and the marked backup {marked}.", marked
        )
    if is_green:
        found["C12"] = Proof("Doctor, alerts and requests have been well for 15 minutes.", "doctor")
        if not mode.is_on() and read_only.standing() is None:
            found["C32"] = found["C12"]
    for box in left.intersection(proofs.boxes()):
        if seen := proofs.proof(box, since):
            found[box] = seen
    return found


def left_to(incident: Document) -> set[str]:
    """Return the ids of the boxes of an incident that the system may tick, and that are not ticked."""
    may = {box.id for box in checklists.boxes(incident) if box.auto}
    return may.difference(incident["boxes"])


def _events(incident_id: str) -> dict[str, Proof]:
    events = records.events(incident_id)
    found = {"C07": Proof(f"{len(events)} events by now; what was changed meanwhile stands between them.")}
    if told := next((each for each in events if each["kind"] == "told"), None):
        found |= dict.fromkeys(("C19", "C41"), Proof(f"{told['at']:%H:%M}: {told['text']}"))
    return found


def _acts(since: datetime) -> dict[str, Proof]:
    """Return the first of each kind that operators did."""
    found: dict[str, Proof] = {}
    entries = collection("audit_log").find(
        {**OPERATORS, "at": {"$gte": since}, "action": {"$in": list(BY_ACT)}},
        {"at": 1, "action": 1, "actor": 1, "target": 1, "as_staff": 1, "private.reason": 1},
        sort=[("at", -1), ("_id", -1)],
        limit=MOST_ACTS,
    )
    for each in filter(_is_for_others, reversed(entries)):
        seen = Proof(
            f"{each['action']} {each['target']} by {each['actor']} at {each['at']:%H:%M}.", each["_id"]
        )
        for box in BY_ACT[each["action"]]:
            found.setdefault(box, seen)
    return found


def _is_for_others(entry: Document) -> bool:
    """Tell whether it was no matter of their own: staff have families, and sign out themselves."""
    if entry["action"] == FROZEN:
        return bool(entry["as_staff"])
    return entry["action"] not in REVOKED or "reason" in entry["private"]


def _release(since: datetime) -> dict[str, Proof]:
    """Return that another release was started than ran before."""
    starts = deployments.latest(MOST_STARTS)
    before = {_of(each) for each in starts if each["at"] < since}
    for each in reversed(starts):
        if each["at"] >= since and before and _of(each) not in before:
            seen = Proof(f"{each['role']} runs {_of(each)} since {each['at']:%H:%M}.", "deployments")
            return dict.fromkeys(OF_RELEASES, seen)
    return {}


def _audit_log_holds(since: datetime) -> Proof | None:
    """Return that doctor has found the chain of the audit log whole since then."""
    for each in reversed(examinations.since(since)):
        if each["at"] >= since and each["results"].get("audit") == Result.OK:
            return Proof(f"doctor:audit was well at {each['at']:%H:%M}.", "doctor")
    return None


def _of(start: Document) -> str:
    return f"{start['version']} ({(start['commit'] or '-')[:DIGITS]})"


def _marked_backup(since: datetime) -> str | None:
    for each in backups.every(MOST_BACKUPS):
        if each["ok"] and each.get("marked") and each["ended_at"] >= since:
            return str(each["where"])
    return None


def _acknowledged(incident: Document) -> Proof | None:
    if incident["acknowledged_at"] is None:
        return None
    return Proof(f"By {incident['acknowledged_by']} at {incident['acknowledged_at']:%H:%M}.")


def _measured(incident: Document) -> Proof | None:
    impact = incident["impact"]
    if not impact:
        return None
    told = []
    if impact["requests"] is not None:
        told.append(f"{impact['failed']} of {impact['requests']} requests failed")
    if impact["users"] is not None:
        told.append(f"{impact['users']} users and {impact['families']} families met one")
    return Proof(f"{'; '.join(told)}; since {impact['since']:%H:%M}.") if told else None


def _public(incident: Document) -> Proof | None:
    updates = incident["public"]["updates"] if incident["public"] else []
    if not updates:
        return None
    last = updates[-1]
    return Proof(f"{PublicState(last['state']).capitalize()} since {last['at']:%H:%M}.", "/status")


def _bundle(incident: Document) -> Proof | None:
    bundle = incident["bundle"]
    return Proof(f"The bundle of {bundle['at']:%H:%M}.", bundle["path"]) if bundle else None


def _looked(incident: Document) -> Proof | None:
    bundle, doctor = incident["bundle"], incident["doctor"]
    if not bundle or not doctor:
        return None
    unwell = ", ".join(each["name"] for each in doctor["unwell"]) or "nothing"
    return Proof(f"Doctor found unwell: {unwell}; logs are in the bundle.", bundle["path"])


def _cause(incident: Document) -> Proof | None:
    doctor = incident["doctor"]
    for each in doctor["unwell"] if doctor else ():
        if each["cause"] and not each["explained_by"]:
            return Proof(f"doctor:{each['name']}: {each['cause']}.", "doctor")
    return None


def _kept_apart(incident: Document) -> Proof | None:
    return Proof("Of the kind security.") if incident["kind"] == Kind.SECURITY else None


def _follow_up(incident: Document) -> Proof | None:
    planned = incident["follow_ups"]
    return Proof(f"{planned[0]['what']}: {planned[0]['owner']}, {planned[0]['due']}.") if planned else None


def _post_mortem(incident: Document) -> Proof | None:
    written = incident["post_mortem"]
    return Proof(f"Written by {written['by']}, {written['at']:%Y-%m-%d %H:%M}.") if written else None


def _notice(incident: Document) -> Proof | None:
    notice = incident["notice"]
    return Proof(f"Sent {notice['sent_at']:%Y-%m-%d %H:%M}.") if notice and notice["sent_at"] else None


def _fixed_in_time(incident: Document) -> Proof | None:
    resolved = incident["resolved_at"]
    if resolved is None or resolved > incident["fix_by"]:
        return None
    return Proof(f"Resolved at {resolved:%Y-%m-%d %H:%M}, due by {incident['fix_by']:%Y-%m-%d %H:%M}.")


def _documented(incident: Document) -> Proof | None:
    return Proof(incident["resolution"]) if incident["resolution"] else None


def _planned(incident: Document) -> Proof | None:
    day = incident["investigate_on"]
    return Proof(f"For {day}.") if day else None


_Look = Callable[[Document], Proof | None]
OF_ITSELF: Sequence[tuple[Sequence[str], _Look]] = (
    (("C01", "C37", "C42", "C46"), _acknowledged),
    (("C02",), _measured),
    (("C04", "C40"), _public),
    (("C05",), _bundle),
    (("C38",), _looked),
    (("C06", "C43"), _cause),
    (("C20",), _kept_apart),
    (("C15", "C30", "C34"), _follow_up),
    (("C14", "C36"), _post_mortem),
    (("C35",), _notice),
    (("C44", "C48"), _fixed_in_time),
    (("C45",), _documented),
    (("C47",), _planned),
)

proofs.register("C31", _audit_log_holds)
