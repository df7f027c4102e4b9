"""Who may spend what of an account."""

from datetime import datetime

from ops.actors import Actor
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions.accounts import holder
from tokens.rules import HolderRole


@unit_of_work()
def admit(account_id: str, user_id: str, *, actor: Actor, now: datetime) -> None:
    """Make somebody a viewer of the account: sees it, spends nothing. Admitting twice changes nothing.

    Part of the unit in which they join what owns the account, whose audit entry tells of it.
    """
    newcomer = holder(user_id, role=HolderRole.VIEWER, can_spend=False, limit=0, by=actor.id, now=now)
    collection("sbd_accounts").update(
        {"_id": account_id, "holders.user_id": {"$ne": user_id}},
        {"$push": {"holders": newcomer}, "$inc": {"version": 1}, "$set": {"updated_at": now}},
    )
