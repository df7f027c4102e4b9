"""Recovering a family that has no working admin: its members verify with mailed codes, and one is promoted.

Each unit here writes the family's document, as everything does that decides on who is a member, an admin or
disabled: so none can pass another. Source: HTTP contract, sections 10 and 18 (rules 8, 12, 13, 14); design,
section 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from families import emails, queries
from families.actions import admins, recovery_codes, recovery_ends
from families.errors import RecoveryInitiationError, RecoveryVerificationError
from families.rules import recovery as rules
from families.rules.recovery import InitiationRefusal, RecoveryStatus, VerificationRefusal
from family_site.identity import queries as identity
from ops import audit, notices
from ops.actors import Actor
from ops.ids import new_id
from ops.logs import logger
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import on_commit, unit_of_work
from ops.outbox.queue import queue_each

RECOVERIES = "recoveries"
PENDING, COMPLETED = str(RecoveryStatus.PENDING), str(RecoveryStatus.COMPLETED)
log = logger(__name__)


class Verified(NamedTuple):
    """A code that counted: the recovery as it is now, how many count, whom the last of them promoted."""

    recovery: Document
    current: int
    promoted_user_id: str | None = None
    promoted_username: str | None = None


@unit_of_work()
def initiate(family_id: str, reason: str, *, actor: Actor, now: datetime) -> Document:
    """Begin a recovery: a code is mailed to each member who can be reached. An open one is returned as it is.

    Args:
        family_id: which family.
        reason: in the member's words.
        actor: a member of the family.
        now: time of the change.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        RecoveryInitiationError: an admin works, or nobody can be reached.
    """
    family = queries.family_visible_to(actor, family_id)
    people = identity.people(_everybody(family))
    if rules.working_admins(family["admin_user_ids"], _active(people)):
        raise RecoveryInitiationError(InitiationRefusal.WORKING_ADMIN)
    pending = queries.pending_recovery(family_id)
    if pending is not None and rules.status_at(pending, now) == RecoveryStatus.PENDING:
        return pending
    present = [people[each["user_id"]] for each in family["members"] if each["user_id"] in people]
    reachable = [each for each in present if each["is_active"] and identity.is_confirmed(each)]
    if not reachable:
        log.warning("family cannot be recovered by its members, staff must help", family=family_id)
        raise RecoveryInitiationError(InitiationRefusal.NOBODY_REACHABLE)
    # One that is overdue and not marked yet would keep the new one out.
    recovery_ends.expire([pending] if pending else [], actor=actor, now=now)
    recovery = _begin(family_id, reachable, actor=actor, now=now)
    _tell_of_start(family, recovery, by=actor, now=now)
    _record(actor, "recovery.initiated", recovery, before={}, now=now, reason=reason)
    on_commit(lambda: log.warning("family is being recovered", family=family_id, recovery=recovery["_id"]))
    return recovery


def verify(recovery_id: str, code: str, *, actor: Actor, now: datetime) -> Verified:
    """Count the actor's vote; the one that is enough promotes the heir. A wrong code costs a try for good.

    Raises:
        NotFoundError: no such recovery, or the actor got no code or is no member any more.
        RecoveryVerificationError: the code is wrong, or none counts any more; also as an admin works again.
    """
    outcome = _verify(recovery_id, code, actor=actor, now=now)
    if isinstance(outcome, RecoveryVerificationError):
        raise outcome
    return outcome


@unit_of_work()
def close_of(family_id: str, *, now: datetime) -> int:
    """End the open recovery of a family that is dissolved, as part of that; returns how many that were."""
    still_open = {"family_id": family_id, "status": PENDING, "expires_at": {"$gt": now}}
    closed = {"status": str(RecoveryStatus.CANCELLED), "ended_at": now}
    return collection(RECOVERIES).update_all(still_open, {"$set": closed})


@unit_of_work()
def _verify(
    recovery_id: str, code: str, *, actor: Actor, now: datetime
) -> Verified | RecoveryVerificationError:
    """Count the vote; a refusal that is returned, not raised, leaves what was written with it."""
    recovery, family, voter = queries.recovery_for(actor, recovery_id)
    tries_left = voter["tries_left"]
    if refusal := rules.refusal_to_verify(recovery, voter, now):
        raise RecoveryVerificationError(refusal, tries_left=tries_left)
    people = identity.people(_everybody(family))
    active = _active(people)
    if working := rules.working_admins(family["admin_user_ids"], active):
        name = people[working[0]]["username"]
        recovery_ends.cancel(recovery, family, working=name, actor=actor, now=now)
        return RecoveryVerificationError(VerificationRefusal.NOT_PENDING, tries_left=tries_left)
    if not recovery_codes.is_right(recovery_id, voter, code):
        raise _wrong(recovery_id, actor.user_id)
    _touch(family["_id"])
    voted = _vote(recovery_id, actor.user_id, now=now)
    current = rules.verifications(voted, family["members"], active)
    if current < voted["required"]:
        _record(actor, "recovery.verified", voted, before=recovery, now=now)
        return Verified(voted, current)
    heir = people[rules.heir(family["members"], active)]
    return _complete(voted, family, heir, current, actor=actor, now=now)


def _begin(family_id: str, reachable: Sequence[Document], *, actor: Actor, now: datetime) -> Document:
    """Write the recovery, and queue the code of everybody who can be reached."""
    recovery_id = new_id("rec")
    codes = {each["_id"]: recovery_codes.new_code() for each in reachable}
    recovery = {
        "_id": recovery_id,
        "v": 1,
        "family_id": family_id,
        "status": PENDING,
        "initiated_by": actor.user_id,
        "required": rules.required_verifications(len(codes)),
        "voters": [recovery_codes.voter(recovery_id, user_id, code) for user_id, code in codes.items()],
        "promoted_user_id": None,
        "created_at": now,
        "expires_at": now + rules.LIFE,
        "ended_at": None,
    }
    _touch(family_id)
    collection(RECOVERIES).insert(recovery)
    letters = [
        emails.code_letter(recovery_id, each["_id"], codes[each["_id"]], to=each["email"])
        for each in reachable
    ]
    queue_each(letters, now=now)
    return recovery


def _touch(family_id: str) -> None:
    """Write the family, so that nothing that decides on its members passes."""
    collection("families").update({"_id": family_id}, {"$inc": {"recoveries_version": 1}})


def _wrong(recovery_id: str, user_id: str) -> RecoveryVerificationError:
    tries_left = recovery_codes.spend_try(recovery_id, user_id)
    if tries_left is None:
        return RecoveryVerificationError(VerificationRefusal.NO_TRIES_LEFT, tries_left=0)
    return RecoveryVerificationError(VerificationRefusal.WRONG_CODE, tries_left=tries_left)


def _vote(recovery_id: str, user_id: str, *, now: datetime) -> Document:
    """Write the vote; returns the recovery as it is then.

    Raises:
        RecoveryVerificationError: the last try was spent on a wrong code at this very moment.
    """
    may_vote = {"user_id": user_id, "voted_at": None, "tries_left": {"$gt": 0}}
    voted = collection(RECOVERIES).find_and_update(
        {"_id": recovery_id, "status": PENDING, "voters": {"$elemMatch": may_vote}},
        {"$set": {"voters.$.voted_at": now}},
    )
    if voted is None:
        raise RecoveryVerificationError(VerificationRefusal.NO_TRIES_LEFT, tries_left=0)
    return voted


def _complete(  # noqa: PLR0913  # who is promoted, where, by whose vote
    recovery: Document, family: Document, heir: Document, current: int, *, actor: Actor, now: datetime
) -> Verified:
    """Promote the heir, as part of the unit of the vote that was enough."""
    family_id, user_id, username = family["_id"], heir["_id"], heir["username"]
    admins.raise_to_admin(family, user_id, by=actor.id, now=now)
    ended = {"status": COMPLETED, "promoted_user_id": user_id, "ended_at": now}
    collection(RECOVERIES).update({"_id": recovery["_id"]}, {"$set": ended})
    completed = recovery | ended
    data = {"who": username, "user_id": user_id, "family_name": family["name"]}
    data |= {"recovery_id": recovery["_id"]}
    notices.tell(sorted(_everybody(family)), "recovery_completed", data=data, now=now, family_id=family_id)
    _record(actor, "recovery.completed", completed, before=recovery, now=now)
    on_commit(lambda: log.info("family is recovered", family=family_id, recovery=recovery["_id"]))
    return Verified(completed, current, user_id, username)


def _tell_of_start(family: Document, recovery: Document, *, by: Actor, now: datetime) -> None:
    data = {"who": by.name, "family_name": family["name"], "recovery_id": recovery["_id"]}
    notices.tell(sorted(_everybody(family)), "recovery_started", data=data, now=now, family_id=family["_id"])


def _everybody(family: Document) -> set[str]:
    """Return the ids of all members; disabled admins are among them."""
    return {each["user_id"] for each in family["members"]}


def _active(people: Mapping[str, Document]) -> set[str]:
    return {user_id for user_id, user in people.items() if user["is_active"]}


def _voted(voters: Iterable[Document]) -> list[str]:
    return [each["user_id"] for each in voters if each["voted_at"] is not None]


def _record(  # noqa: PLR0913  # an entry has as many parts
    actor: Actor,
    action: str,
    recovery: Document,
    *,
    before: Document,
    now: datetime,
    reason: str | None = None,
) -> None:
    def shown(document: Document) -> Document:
        found = {name: document[name] for name in ("status", "required", "promoted_user_id", "expires_at")}
        voters = document["voters"]
        return found | {"voters": [each["user_id"] for each in voters], "voted": _voted(voters)}

    audit.record(
        actor,
        action,
        target=recovery["_id"],
        family_id=recovery["family_id"],
        now=now,
        before=shown(before) if before else None,
        after=shown(recovery),
        reason=reason,
    )
