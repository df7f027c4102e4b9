"""Setting what a holder may spend of an account.

It writes the document that every spend writes: a right that is taken away holds from the next transaction on.
Source: HTTP contract, sections 8 (permissions, roles) and 18 (rules 4 and 13).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ops import audit
from ops.actors import Actor
from ops.errors import ConflictError
from ops.mongo import turns
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries
from tokens.actions import telling
from tokens.errors import PermissionsUpdateFailedError
from tokens.rules import HolderRole

SHOWN = ("role", "can_spend", "spending_limit", "period_limit")


class Rights(NamedTuple):
    """What a holder shall may.

    Attributes:
        can_spend: whether at all.
        spending_limit: most tokens at once; -1: unlimited.
        period_limit: ``{period, limit}``; ``None``: no running total.
    """

    can_spend: bool
    spending_limit: int
    period_limit: Mapping[str, Any] | None = None

    @property
    def role(self) -> HolderRole:
        """What the holder is then."""
        return HolderRole.SPENDER if self.can_spend else HolderRole.VIEWER


@unit_of_work()
def set_rights(  # noqa: PLR0913  # whose rights on what
    account: Document, user_id: str, username: str, rights: Rights, *, actor: Actor, now: datetime
) -> Document:
    """Set a holder's rights, as part of a unit that read the account; returns the holder as it is then.

    Raises:
        PermissionsUpdateFailedError: they manage the account, so may spend all of it.
    """
    holder = next(each for each in account["holders"] if each["user_id"] == user_id)
    if holder["role"] == HolderRole.MANAGER:
        raise PermissionsUpdateFailedError
    wanted = {
        "role": str(rights.role),
        "can_spend": rights.can_spend,
        "spending_limit": rights.spending_limit,
        "period_limit": dict(rights.period_limit) if rights.period_limit else None,
    }
    changed = {**wanted, "period": _period(holder, rights), "updated_by": actor.id, "updated_at": now}
    turns.take(account["_id"])
    as_read = {"_id": account["_id"], "version": account["version"], "holders.user_id": user_id}
    fields = {f"holders.$.{name}": value for name, value in changed.items()}
    change = {"$set": {**fields, "updated_at": now}, "$inc": {"version": 1}}
    if not collection("sbd_accounts").update(as_read, change):
        raise ConflictError
    readers = [user_id, *telling.managers(account)]
    data = {"who": username, "user_id": user_id, "by": actor.name}
    telling.tell_holders(account, "permissions_updated", data, now=now, only=readers)
    audit.record(
        actor,
        "rights.changed",
        target=user_id,
        family_id=queries.family_of(account),
        now=now,
        before={name: holder[name] for name in SHOWN},
        after=wanted,
    )
    return {**holder, **changed}


def _period(holder: Document, rights: Rights) -> Mapping[str, Any] | None:
    """Return the running total under the new limit: it goes on as long as it is of the same period."""
    before, after = holder["period_limit"], rights.period_limit
    same = before is not None and after is not None and before["period"] == after["period"]
    total: Mapping[str, Any] | None = holder["period"]
    return total if same else None
