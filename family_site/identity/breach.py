"""What is known of a breach about who signs in: by what somebody may come back, and who is signed in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ops import breach
from ops.breach import Sessions
from ops.mongo.collections import collection

COLLECTIONS = {"user": "users", "ses": "sessions", "tok": "api_tokens", "chl": "challenges"}
WAYS = {
    "user.registered": "new user",
    "user.enabled": "user enabled again",
    "session.opened": "session",
    "permanent_token.created": "permanent token",
    "role.granted": "role of staff",
    "second_factor.set_up": "second factor",
    "second_factor.turned_on": "second factor",
    "second_factor.replaced": "second factor",
    "second_factor.turned_off": "second factor turned off",
    "second_factor.reset": "second factor taken away",
    "second_factor.backup_codes_made": "backup codes",
    "email.change_requested": "e-mail address, to be confirmed",
    "email.changed": "e-mail address",
    "password.changed": "password",
    "password.reset": "password",
    "identity.linked": "sign-in by another provider",
}
SHOWN = 30


def enter() -> None:
    """Enter it."""
    breach.ids(COLLECTIONS)
    breach.ways_in(WAYS)
    breach.sessions_by(_live_sessions)


def _live_sessions(now: datetime) -> Sequence[Sessions]:
    in_force = {"expires_at": {"$gt": now}, "revoked_at": None, "user_id": {"$ne": None}}
    by_place: dict[str, Any] = {
        "_id": {"address": "$address", "agent": "$user_agent"},
        "count": {"$sum": 1},
        "users": {"$addToSet": "$user_id"},
    }
    found = collection("sessions").aggregate(
        [
            {"$match": in_force},
            {"$group": by_place},
            {"$set": {"users": {"$size": "$users"}}},
            {"$sort": {"count": -1, "_id": 1}},
            {"$limit": SHOWN},
        ]
    )
    return [
        Sessions(
            each["_id"].get("address") or "-", each["_id"].get("agent") or "-", each["count"], each["users"]
        )
        for each in found
    ]
