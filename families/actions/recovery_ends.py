"""How recoveries end without a new admin: one works again, the family is dissolved, or time is over.

Source: HTTP contract, sections 10 and 17 (recovery).
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from families import queries
from families.rules import FamilyStatus
from families.rules.recovery import RecoveryStatus, status_at
from family_site.identity import queries as identity
from family_site.identity.actions.user_changes import UserChange
from ops import audit, notices
from ops.actors import Actor
from ops.audit import Change
from ops.batches import in_batches
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

RECOVERIES = "recoveries"
PENDING, EXPIRED = str(RecoveryStatus.PENDING), str(RecoveryStatus.EXPIRED)
CANCELLED = str(RecoveryStatus.CANCELLED)
BATCH = 100  # in a few commands


def follow(user_id: str, change: UserChange, *, actor: Actor, now: datetime) -> None:
    """Cancel what would recover a family whose admin works again, as part of enabling them.

    Whether a member is disabled does not stand in the family's document, and decides on recoveries all the
    same: so that document is written, and neither disabling nor enabling can pass a vote.
    """
    theirs = {"members.user_id": user_id, "status": str(FamilyStatus.ACTIVE)}
    collection("families").update_all(theirs, {"$inc": {"recoveries_version": 1}})
    if change == UserChange.ENABLED and (found := queries.open_recoveries_of_admin(user_id, now=now)):
        username = identity.usernames({user_id})[user_id]
        for family, recovery in found:
            cancel(recovery, family, working=username, actor=actor, now=now)


def cancel_for(family: Document, user_id: str, *, actor: Actor, now: datetime) -> None:
    """Cancel what would recover a family that staff gave an admin, as part of the unit in which they did."""
    recovery = queries.pending_recovery(family["_id"])
    if recovery is None or status_at(recovery, now) != RecoveryStatus.PENDING:
        return
    admin = identity.people({user_id})[user_id]
    if admin["is_active"]:
        cancel(recovery, family, working=admin["username"], actor=actor, now=now)


@unit_of_work()
def cancel(recovery: Document, family: Document, *, working: str, actor: Actor, now: datetime) -> None:
    """End an open recovery and tell everybody, as part of a unit that saw that an admin works again.

    Args:
        recovery: which; one that has ended stays as it is.
        family: its family.
        working: username of the admin.
        actor: by whom it came to that.
        now: time of the change.
    """
    still_open = {"_id": recovery["_id"], "status": PENDING}
    if not collection(RECOVERIES).update(still_open, {"$set": {"status": CANCELLED, "ended_at": now}}):
        return
    everybody = [each["user_id"] for each in family["members"]]
    data = {"who": working, "family_name": family["name"], "recovery_id": recovery["_id"]}
    notices.tell(everybody, "recovery_cancelled", data=data, now=now, family_id=family["_id"])
    audit.record(
        actor,
        "recovery.cancelled",
        target=recovery["_id"],
        family_id=family["_id"],
        now=now,
        before={"status": PENDING},
        after={"status": CANCELLED},
    )


@unit_of_work()
def expire(overdue: Sequence[Document], *, actor: Actor, now: datetime) -> int:
    """Mark these as expired, as far as they still are to be; returns how many were."""
    ids = {"$in": [each["_id"] for each in overdue]}
    still = {"_id": ids, "status": PENDING, "expires_at": {"$lte": now}}
    change = {"$set": {"status": EXPIRED, "ended_at": "$expires_at"}}
    if not overdue or not (marked := collection(RECOVERIES).update_all(still, [change])):
        return 0
    before, after = {"status": PENDING}, {"status": EXPIRED}
    changes = [Change(each["_id"], each["family_id"], before, after) for each in overdue]
    audit.record_each(actor, "recovery.expired", changes, now=now)
    return marked


def expire_overdue(*, actor: Actor, now: datetime) -> int:
    """Mark what has expired, in batches; returns how many that were. No answer depends on it."""
    return in_batches(partial(_expire_some, actor=actor, now=now))


@unit_of_work()
def _expire_some(*, actor: Actor, now: datetime) -> int:
    overdue = {"status": PENDING, "expires_at": {"$lte": now}}
    found = collection(RECOVERIES).find(overdue, sort=[("expires_at", 1)], limit=BATCH)
    return expire(found, actor=actor, now=now)
