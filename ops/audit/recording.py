"""Entries of the audit log: one a change, written in the unit of work of the change.

Source: HTTP contract, sections 13 and 18 (rule 17).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from ops import process
from ops.actors import Actor
from ops.ids import new_id
from ops.logs import logger
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import is_open, on_commit

Facts = Mapping[str, Any]
log = logger(__name__)


class Change(NamedTuple):
    """One of many like changes, as a job makes them: of what, and what was changed by field."""

    target: str
    family_id: str | None
    before: Facts
    after: Facts


def record(  # noqa: PLR0913  # an entry has as many parts
    actor: Actor,
    action: str,
    *,
    target: str,
    now: datetime,
    family_id: str | None = None,
    before: Facts | None = None,
    after: Facts | None = None,
    reason: str | None = None,
    private: Facts | None = None,
) -> str:
    """Write the entry of a change; returns its id.

    Args:
        action: what was done, ``noun.verb`` in the past tense, for example ``family.created``.
        target: id of the document that was changed.
        before, after: what was changed, by field; persons as ids, no secret, no free text.
        reason: why, in somebody's words; kept in the private part.
        private: what people wrote freely, or what names them; it can be blanked later. From where the actor
            came is kept there, too: address, program, session, permanent token; ids, and no secrets.

    Raises:
        RuntimeError: no unit of work is open, so the entry could stand without its change.
    """
    _require_unit(action)
    hidden = {
        "address": actor.address,
        "user_agent": actor.user_agent,
        "session_id": actor.session_id,
        "token_id": actor.token_id,
        "reason": reason,
        **(private or {}),
    }
    change = Change(target, family_id, before or {}, after or {})
    entry = _entry(actor, action, change, now=now) | {
        "private": {name: value for name, value in hidden.items() if value is not None}
    }
    collection("audit_log").insert(entry)
    on_commit(partial(_tell, [entry]))
    return str(entry["_id"])


def record_each(actor: Actor, action: str, changes: Sequence[Change], *, now: datetime) -> None:
    """Write the entries of many like changes of a job, in one command.

    Raises:
        RuntimeError: no unit of work is open, so the entries could stand without their changes.
    """
    _require_unit(action)
    if changes:
        entries = [_entry(actor, action, each, now=now) for each in changes]
        collection("audit_log").insert(*entries)
        on_commit(partial(_tell, entries))


def _require_unit(action: str) -> None:
    if not is_open():
        msg = f"{action}: an audit entry belongs in the unit of work of its change"
        raise RuntimeError(msg)


def _entry(actor: Actor, action: str, change: Change, *, now: datetime) -> Document:
    return {
        "_id": new_id("aud"),
        "v": 1,
        "at": now,
        "actor": actor.id,
        "actor_kind": str(actor.kind),
        "as_staff": actor.acts_as_staff,
        "action": action,
        "target": change.target,
        "family_id": change.family_id,
        "before": dict(change.before),
        "after": dict(change.after),
        "request_id": actor.request_id,
        "private": {},
    }


def _tell(entries: Sequence[Document]) -> None:
    """Log a line for each change, by ids alone; what happens in a family as ``family.*``.

    Not of a command: its lines would be in nobody's log, but among what it prints.
    Source: runbook inventory, R082.
    """
    if process.role() == process.SHELL:
        return
    for entry in entries:
        action, family_id = entry["action"], entry["family_id"]
        # In a job it is of the request that the job was for, if there was one.
        known = {"family": family_id, "request_id": entry["request_id"]}
        about = {name: value for name, value in known.items() if value is not None}
        in_family = family_id is not None and not action.startswith("family.")
        event = f"family.{action}" if in_family else action
        log.info(event, target=entry["target"], actor=entry["actor"], entry=entry["_id"], **about)
