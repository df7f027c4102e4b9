"""What staff do about limits: override one for a time, end that, clear counters.

An override is a document; the hash in Redis is written after it, and the job ``ops.limits.remirror`` makes
good what could not be. Source: HTTP contract, sections 3 and 14.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError

from ops import audit
from ops.actors import Actor
from ops.errors import Fault, FieldFault, ServiceUnavailableError, ValidationFailedError
from ops.limits import counters, endpoints, mirror, overrides
from ops.limits.overrides import NAME, Override
from ops.limits.table import LIMITS
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

MOST_CALLS, LONGEST_WINDOW = 10**6, 24 * 60 * 60  # the window in seconds
USUAL_TIME, LONGEST_TIME = timedelta(hours=24), timedelta(days=30)
EVERYBODY = "rate_limits"  # what the audit log names when all counters are cleared


@dataclass(frozen=True)
class Wanted:
    """What staff want: so many calls in a window of so many seconds, until when (``None``: 24 hours)."""

    endpoint: str
    most: int
    window: int
    until: datetime | None = None
    reason: str | None = None


@unit_of_work()
def set_override(wanted: Wanted, *, actor: Actor, now: datetime) -> Override:
    """Let a limit hold in place of the table's, and of an older override of the operation.

    In force in every process within two seconds; ends by itself.

    Raises:
        ValidationFailedError: with every faulty field of what is wanted.
    """
    operation = _operation(wanted.endpoint, field="endpoint", others=_faults(wanted, now))
    until = now + USUAL_TIME if wanted.until is None else wanted.until
    until = until.replace(microsecond=until.microsecond // 1000 * 1000)  # as the database keeps it
    made = Override(
        operation, wanted.endpoint, wanted.most, wanted.window, until, actor.id, wanted.reason, now
    )
    before = collection(NAME).find_and_update(
        {"_id": operation}, {"$set": _document(made)}, upsert=True, before=True
    )
    held = overrides.from_document(before) if before and before["until"] > now else None
    audit.record(
        actor,
        "rate_limit.overridden",
        target=operation,
        now=now,
        before=_facts(operation, held),
        after=_facts(operation, made) | {"until": until},
        reason=wanted.reason,
    )
    _tell_of_it()
    return made


@unit_of_work()
def remove_override(endpoint: str, *, actor: Actor, now: datetime, reason: str | None = None) -> bool:
    """Let the table's limit hold again; tells whether there was an override.

    Raises:
        ValidationFailedError: the word names no operation; field ``query.endpoint``.
    """
    operation = _operation(endpoint, field="query.endpoint")
    return end_override(operation, actor=actor, now=now, reason=reason)


@unit_of_work()
def end_override(operation: str, *, actor: Actor, now: datetime, reason: str | None = None) -> bool:
    """End the override of an operation, also of one that a release took away; tells whether there was one."""
    held = overrides.stored_for(operation, now)
    if held is None or collection(NAME).delete({"_id": operation}) == 0:
        return False
    audit.record(
        actor,
        "rate_limit.restored",
        target=operation,
        now=now,
        before=_facts(operation, held) | {"until": held.until},
        after=_facts(operation, None),
        reason=reason,
    )
    _tell_of_it()
    return True


def clear_counters(
    user_id: str | None, *, actor: Actor, now: datetime, sign_in: bool = False, reason: str | None = None
) -> int:
    """Let a user begin to count anew, or everybody (``None``); returns how many counters went.

    Those of signing in go only if that is said: they hold up whoever is guessing. Where Redis is away each
    process counts for itself, and nothing can be cleared.

    Raises:
        ServiceUnavailableError: Redis is away; if that was noticed late, the audit log has the attempt.
    """
    try:
        keys = counters.clearable(user_id, sign_in=sign_in)
        if keys:
            after = {"counters": len(keys), "sign_in": sign_in}
            _note_clearing(user_id or EVERYBODY, after, actor=actor, now=now, reason=reason)
        return counters.remove(keys)
    except RedisError as error:
        raise ServiceUnavailableError("Redis, which holds the counters, cannot be reached.") from error


@unit_of_work()
def end_overdue(*, now: datetime) -> list[Override]:
    """Delete overrides that have ended by their own terms; returns them."""
    ended = overrides.ended(now)
    if ended:
        ids = [each.operation for each in ended]
        collection(NAME).delete({"_id": {"$in": ids}, "until": {"$lte": now}})
    return ended


def until_fault(until: datetime, now: datetime) -> Fault | None:
    """Say why an override cannot end then; ``None``: it can."""
    if until <= now:
        return Fault("too_small", "The end must lie in the future.")
    if until > now + LONGEST_TIME:
        return Fault("too_large", f"The end can be at most {LONGEST_TIME.days} days away.")
    return None


def _operation(endpoint: str, *, field: str, others: list[FieldFault] | None = None) -> str:
    meant, faults = endpoints.operation_of(endpoint), others or []
    if isinstance(meant, Fault):
        raise ValidationFailedError([FieldFault(field, *meant), *faults])
    if faults:
        raise ValidationFailedError(faults)
    return meant


def _faults(wanted: Wanted, now: datetime) -> list[FieldFault]:
    faults = []
    for field, value, most in (
        ("limit", wanted.most, MOST_CALLS),
        ("window", wanted.window, LONGEST_WINDOW),
    ):
        if not 1 <= value <= most:
            code = "too_small" if value < 1 else "too_large"
            faults.append(FieldFault(field, code, f"From 1 to {most} is possible."))
    if wanted.until is not None and (fault := until_fault(wanted.until, now)):
        faults.append(FieldFault("until", *fault))
    return faults


def _document(override: Override) -> Document:
    fields = override._asdict()
    return {"v": 1, "limit": fields.pop("most")} | {
        name: value for name, value in fields.items() if name != "operation"
    }


def _facts(operation: str, override: Override | None) -> dict[str, Any]:
    """Return what holds: the override, or what the table says."""
    if override is not None:
        return {"limit": override.most, "window": override.window}
    limit = LIMITS.get(operation)
    return {"limit": limit.most, "window": limit.window} if limit else {}


@unit_of_work()
def _note_clearing(
    target: str, after: Mapping[str, Any], *, actor: Actor, now: datetime, reason: str | None
) -> None:
    audit.record(actor, "rate_limit.counters_cleared", target=target, now=now, after=after, reason=reason)


def _tell_of_it() -> None:
    on_commit(overrides.reader.forget)
    on_commit(mirror.renew)
