"""Giving people roles of staff, and taking them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from family_site.identity import roles
from family_site.identity.actions.sessions import make_known, raise_epoch
from family_site.identity.roles import Rights, Role
from ops import audit
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError, NotFoundError
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work

MOST_SESSIONS = 1000


@unit_of_work()
def grant(user_id: str, role: Role, *, actor: Actor, now: datetime, reason: str) -> bool:
    """Give a user a role, which makes them staff; tells whether they did not have it.

    In force from their next request on; their sessions go on.

    Raises:
        NotFoundError: there is no such user.
        InsufficientPermissionsError: it is the actor: nobody raises their own rights.
    """
    return _change(user_id, role, roles.after_grant, "role.granted", actor=actor, now=now, reason=reason)


@unit_of_work()
def revoke(user_id: str, role: Role, *, actor: Actor, now: datetime, reason: str) -> bool:
    """Take a role from a user, who with the last one ceases to be staff; tells whether they had it.

    In force from their next request on.

    Raises:
        NotFoundError: there is no such user.
        InsufficientPermissionsError: it is the actor: nobody changes their own rights.
    """
    return _change(user_id, role, roles.after_revocation, "role.revoked", actor=actor, now=now, reason=reason)


def _change(  # noqa: PLR0913  # a change of rights has as many parts
    user_id: str,
    role: Role,
    changed: Callable[[Rights, Role], dict[str, Any]],
    action: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
) -> bool:
    if actor.id == user_id:
        raise InsufficientPermissionsError(required="another member of staff")
    user = collection("users").find_one({"_id": user_id}, dict.fromkeys(roles.RIGHTS, 1))
    if user is None:
        raise NotFoundError
    before = {right: user[right] for right in roles.RIGHTS}
    after = changed(before, role)
    if after == before:
        return False
    collection("users").update({"_id": user_id}, {"$set": after})
    _have_looked_at_again(user_id, now=now)
    audit.record(actor, action, target=user_id, now=now, before=before, after=after, reason=reason)
    return True


def _have_looked_at_again(user_id: str, *, now: datetime) -> None:
    """See to it that no worker trusts what it remembers of the user's sessions, which go on."""
    in_force = {"user_id": user_id, "kind": "api", "revoked_at": None, "expires_at": {"$gt": now}}
    found = collection("sessions").find(in_force, {"_id": 1}, limit=MOST_SESSIONS)
    ids = [each["_id"] for each in found]
    if len(ids) < MOST_SESSIONS:
        make_known(ids)
    else:
        raise_epoch()
