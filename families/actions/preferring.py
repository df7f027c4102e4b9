"""What somebody prefers to be told, and how."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from families import notices, queries
from families.actions.places import FRESH
from families.errors import InvalidPreferencesError
from ops import audit
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

FIELD = "notice_preferences"


@unit_of_work()
def change(
    wanted: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    only_if: Callable[[Document], None] = lambda _stored: None,
) -> Document:
    """Write what was sent of the actor's own preferences, the rest stays; returns what is stored then.

    Args:
        wanted: the wishes for all types, and ``kinds``, or some of them, of checked shape.
        actor: whose.
        now: time of the change.
        only_if: looks at what is stored before it is written, and raises if it is not the expected.

    Raises:
        InvalidPreferencesError: of a type that there is not, or that cannot be had so.

    Source: HTTP contract, section 12.
    """
    if faults := notices.faults_of(wanted.get("kinds", {})):
        raise InvalidPreferencesError(faults)
    stored = queries.notice_preferences(actor)
    only_if(stored)
    before, after = _differences(stored, wanted)
    if not after:
        return stored
    fresh = {name: value for name, value in FRESH.items() if name != FIELD}
    change: Document = {"$set": {f"{FIELD}.{path}": value for path, value in after.items()}}
    change |= {"$inc": {f"{FIELD}.version": 1}, "$setOnInsert": fresh}
    collection("family_people").update({"_id": actor.user_id}, change, upsert=True)
    audit.record(actor, "preferences.changed", target=actor.user_id, now=now, before=before, after=after)
    return queries.notice_preferences(actor)


def _differences(stored: Document, wanted: Mapping[str, Any]) -> tuple[dict[str, bool], dict[str, bool]]:
    """Return what differs, by dotted path, before and after."""
    set_by_now, kinds = notices.wishes(stored), notices.chosen_kinds(stored)
    pairs = [(name, set_by_now[name], wanted[name]) for name in set_by_now if name in wanted]
    for name, ways in wanted.get("kinds", {}).items():
        pairs += [(f"kinds.{name}.{way}", kinds[name][way], value) for way, value in ways.items()]
    changed = [each for each in pairs if each[1] != each[2]]
    return {path: old for path, old, _ in changed}, {path: new for path, _, new in changed}
