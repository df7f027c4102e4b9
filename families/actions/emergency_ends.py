"""How votes on opening an account end: decided, by a departure, by time, or as the freeze ends otherwise.

Source: HTTP contract, sections 10 and 17 (emergency unfreeze).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from families import emergency_queries
from families.emergency_queries import EMERGENCIES, PENDING
from families.rules import emergency as rules
from families.rules.emergency import EmergencyStatus, Vote
from ops import audit, notices
from ops.actors import Actor
from ops.audit import Change
from ops.batches import in_batches
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.notices import Notice

EXPIRED, SUPERSEDED = str(EmergencyStatus.EXPIRED), str(EmergencyStatus.SUPERSEDED)
BATCH = 25  # in a few commands, and one mail for each member
OUTCOMES = {EmergencyStatus.REJECTED: "was turned down", EmergencyStatus.EXPIRED: "has run out"}


def follow_opening(account: Document, *, actor: Actor, now: datetime) -> None:
    """End the vote on a freeze that is lifted otherwise, as part of that: by which all are told of it."""
    emergency = emergency_queries.pending_of(account["_id"])
    if emergency is not None and rules.is_open(emergency, now):
        write_down(emergency, actor=actor, now=now)


def follow_departure(family: Document, user_id: str, *, actor: Actor, now: datetime) -> None:
    """Let somebody's vote count no more, as part of their departure; the others may be too few then.

    Args:
        family: as it was before.
        user_id: who leaves.
        actor: by whom.
        now: time of the change.
    """
    emergency = emergency_queries.pending_of(family["account_id"])
    if emergency is None or not rules.is_open(emergency, now):
        return
    left = write_votes(emergency, rules.without(emergency["voters"], user_id, now=now), now=now)
    if left["status"] == EmergencyStatus.REJECTED:
        remaining = [each for each in family["members"] if each["user_id"] != user_id]
        tell_of_end([left], {family["_id"]: {**family, "members": remaining}}, now=now)
        _record(actor, "emergency_unfreeze.rejected", emergency, left, now=now)


@unit_of_work()
def write_down(emergency: Document, *, actor: Actor, now: datetime) -> None:
    """Mark a vote that is over, as part of a unit that saw so: its time is, or else its freeze has ended."""
    if not rules.is_open(emergency, now):
        expire([emergency], actor=actor, now=now)
        return
    ended = {"status": SUPERSEDED, "ended_at": now}
    if collection(EMERGENCIES).update({"_id": emergency["_id"], "status": PENDING}, {"$set": ended}):
        _record(actor, "emergency_unfreeze.superseded", emergency, emergency | ended, now=now)


@unit_of_work()
def close_of(family_id: str, *, now: datetime) -> int:
    """End the open vote of a family that is dissolved, as part of that; returns how many that were."""
    still_open = {"family_id": family_id, "status": PENDING, "expires_at": {"$gt": now}}
    closed = {"status": SUPERSEDED, "ended_at": now}
    return collection(EMERGENCIES).update_all(still_open, {"$set": closed})


def write_votes(emergency: Document, voters: Sequence[Document], *, now: datetime) -> Document:
    """Write the voters of an open vote and what they decide, as part of the unit that read it; returns it."""
    status = rules.outcome(voters, emergency["required"])
    ended = {} if status == EmergencyStatus.PENDING else {"status": str(status), "ended_at": now}
    change = {"voters": list(voters), **ended}
    collection(EMERGENCIES).update({"_id": emergency["_id"], "status": PENDING}, {"$set": change})
    return {**emergency, **change}


@unit_of_work()
def expire(overdue: Sequence[Document], *, actor: Actor, now: datetime) -> int:
    """Mark these as expired and tell their members, as far as they still are to be; returns how many were."""
    ids = {"$in": [each["_id"] for each in overdue]}
    still = {"_id": ids, "status": PENDING, "expires_at": {"$lte": now}}
    change = {"$set": {"status": EXPIRED, "ended_at": "$expires_at"}}
    if not overdue or not (marked := collection(EMERGENCIES).update_all(still, [change])):
        return 0
    expired = [each | {"status": EXPIRED} for each in overdue]
    tell_of_end(expired, emergency_queries.families_of(overdue), now=now)
    before, after = {"status": PENDING}, {"status": EXPIRED}
    changes = [Change(each["_id"], each["family_id"], before, after) for each in overdue]
    audit.record_each(actor, "emergency_unfreeze.expired", changes, now=now)
    return marked


def expire_overdue(*, actor: Actor, now: datetime) -> int:
    """Mark what has expired, in batches; returns how many that were. No answer depends on it."""
    return in_batches(partial(_expire_some, actor=actor, now=now))


def tell_of_end(ended: Sequence[Document], families: Mapping[str, Document], *, now: datetime) -> None:
    """Tell the members of families of votes that opened nothing."""
    told = [
        Notice(
            [member["user_id"] for member in families[each["family_id"]]["members"]],
            "emergency_unfreeze_closed",
            {
                "family_name": families[each["family_id"]]["name"],
                "request_id": each["_id"],
                "outcome": OUTCOMES[each["status"]],
            },
            each["family_id"],
        )
        for each in ended
    ]
    notices.tell_each(told, now=now)


def shown(emergency: Document) -> dict[str, Any]:
    """Return what audit entries say of a vote: no words of anybody."""
    voters = emergency["voters"]
    by_vote = {
        f"{vote}s": [each["user_id"] for each in voters if rules.counts(each) and each["vote"] == vote]
        for vote in Vote
    }
    return {"status": str(emergency["status"]), "required": emergency["required"], **by_vote}


@unit_of_work()
def _expire_some(*, actor: Actor, now: datetime) -> int:
    overdue = {"status": PENDING, "expires_at": {"$lte": now}}
    found = collection(EMERGENCIES).find(overdue, sort=[("expires_at", 1)], limit=BATCH)
    return expire(found, actor=actor, now=now)


def _record(actor: Actor, action: str, before: Document, after: Document, *, now: datetime) -> None:
    audit.record(
        actor,
        action,
        target=before["_id"],
        family_id=before["family_id"],
        now=now,
        before=shown(before),
        after=shown(after),
    )
