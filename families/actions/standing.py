"""What a user's being disabled or enabled means to the families and accounts that they are part of.

Source: design, sections 3 and 5.
"""

from datetime import datetime

from django.conf import settings

from families.actions.places import FRESH
from family_site.identity import queries as identity
from family_site.identity.actions.user_changes import UserChange
from ops.actors import Actor
from ops.errors import EmailNotConfirmedError
from ops.mongo.collections import collection
from tokens.actions import accounts, holders


def follow(user_id: str, change: UserChange, *, actor: Actor, now: datetime) -> None:  # noqa: ARG001  # a hook's signature
    """Suspend the user's rights on all accounts or put them back in force, as part of that change.

    Joining writes the same document of the person, so nobody who is being disabled joins past it.
    """
    is_active = change == UserChange.ENABLED
    collection("family_people").update(
        {"_id": user_id},
        {"$set": {"is_active": is_active}, "$setOnInsert": FRESH},
        upsert=True,
    )
    holders.set_active(user_id, active=is_active, now=now)
    accounts.set_owner_active(user_id, active=is_active, now=now)


def require_confirmed(actor: Actor) -> None:
    """Let somebody move tokens if their address is confirmed, or need not be.

    Raises:
        EmailNotConfirmedError: it is to be confirmed first.
    """
    if settings.REQUIRE_CONFIRMED_EMAIL and not identity.is_confirmed(identity.user_by_id(actor.user_id)):
        raise EmailNotConfirmedError
