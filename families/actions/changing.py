"""Changing a family's name and settings."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from families import queries, rules
from ops import audit
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import accounts

# What the audit log keeps apart, since people write it freely.
FREE_TEXT = frozenset({"name"})
NOTIFICATIONS = "notification_settings"


class Changed(NamedTuple):
    """The family as it is now, and the dotted paths of the fields that are different from before."""

    family: Document
    fields: list[str]


@unit_of_work()
def change(
    family_id: str,
    wanted: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    only_if: Callable[[Document], None] = lambda _family: None,
) -> Changed:
    """Write the fields that were sent; the others stay.

    Args:
        family_id: which family.
        wanted: ``name``, ``settings`` and ``notification_settings``, or some of them, of checked shape.
        actor: an admin of the family.
        now: time of the change.
        only_if: looks at the family before it is written, and raises if it is not the expected one.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.

    Source: HTTP contract, section 4.
    """
    family = queries.family_managed_by(actor, family_id)
    only_if(family)
    before, after = _differences(family, wanted)
    if not after:
        return Changed(family, [])
    collection("families").update(
        {"_id": family_id}, {"$set": {**after, "updated_at": now}, "$inc": {"version": 1}}
    )
    if any(path.startswith(NOTIFICATIONS) for path in after):
        settings = rules.effective_notification_settings({**family[NOTIFICATIONS], **wanted[NOTIFICATIONS]})
        accounts.set_notification_settings(family["account_id"], settings, now=now)
    _record(actor, family_id, before, after, now=now)
    return Changed(queries.family_visible_to(actor, family_id), sorted(after))


def _differences(family: Document, wanted: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs, by dotted path, before and after."""
    now_set = {
        "settings": {**rules.SETTINGS_DEFAULTS, **family["settings"]},
        "notification_settings": rules.effective_notification_settings(family["notification_settings"]),
    }
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in wanted.items():
        pairs = (
            [(f"{name}.{key}", now_set[name][key], each) for key, each in value.items()]
            if name in now_set
            else [(name, family[name], value)]
        )
        for path, old, new in pairs:
            if old != new:
                before[path], after[path] = old, new
    return before, after


def _record(
    actor: Actor, family_id: str, before: Mapping[str, Any], after: Mapping[str, Any], *, now: datetime
) -> None:
    def part(changes: Mapping[str, Any], *, free: bool) -> dict[str, Any]:
        return {path: value for path, value in changes.items() if (path in FREE_TEXT) == free}

    audit.record(
        actor,
        "family.updated",
        target=family_id,
        family_id=family_id,
        now=now,
        before=part(before, free=False),
        after=part(after, free=False),
        private={"before": part(before, free=True), "after": part(after, free=True)},
    )
