"""What a restore of the database does not turn back: who may sign in, how, and with which rights of staff.

Else a password that was stolen, a right that was taken away, or a session that was ended would be good again.
"""

from datetime import datetime

from family_site.identity.actions.sessions import raise_epoch
from ops.backup import registry
from ops.mongo.collections import Filter

OF_USERS = (
    *("is_active", "password", "password_at", "new_password_since", "security_stamp"),
    *("second_factor", "second_factor_pending"),
    *("staff_roles", "is_staff", "is_superuser"),
)


def enter() -> None:
    """Say so; called when the app is ready."""
    registry.stays("users", *OF_USERS, which=_sound)
    registry.stays("api_tokens", "revoked_at", which=_revoked)
    registry.ends("sessions", {"revoked_at": None}, lambda now: {"revoked_at": now})
    registry.follows("sessions", raise_epoch)


def _sound(_as_of: datetime) -> Filter:
    """Choose users whom nobody has damaged: a restore may be there to mend them."""
    text = {"$type": "string"}
    return {"password": text, "security_stamp": text, "is_active": {"$type": "bool"}}


def _revoked(_as_of: datetime) -> Filter:
    return {"revoked_at": {"$ne": None}}
