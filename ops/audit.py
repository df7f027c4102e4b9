"""The audit log: one entry a change, written in the unit of work of the change.

Source: HTTP contract, sections 13 and 18 (rule 17).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ops.actors import Actor
from ops.ids import new_id
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import is_open

Facts = Mapping[str, Any]


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
        private: what people wrote freely, or what names them; it can be blanked later.

    Raises:
        RuntimeError: no unit of work is open, so the entry could stand without its change.
    """
    if not is_open():
        msg = f"{action}: an audit entry belongs in the unit of work of its change"
        raise RuntimeError(msg)
    hidden = {
        "address": actor.address,
        "user_agent": actor.user_agent,
        "reason": reason,
        **(private or {}),
    }
    entry = {
        "_id": new_id("aud"),
        "v": 1,
        "at": now,
        "actor": actor.id,
        "actor_kind": str(actor.kind),
        "action": action,
        "target": target,
        "family_id": family_id,
        "before": dict(before or {}),
        "after": dict(after or {}),
        "request_id": actor.request_id,
        "private": {name: value for name, value in hidden.items() if value is not None},
    }
    collection("audit_log").insert(entry)
    return str(entry["_id"])
