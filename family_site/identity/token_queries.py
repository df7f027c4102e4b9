"""Reads of permanent tokens; the way from one to who calls.

Nothing of a token is remembered anywhere but in MongoDB, and each call looks there: so one that has been
revoked is refused from the next request on, whatever Redis has or has lost. Source: HTTP contract, sections
11 and 18 (rule 15).
"""

from datetime import datetime
from typing import Any, NamedTuple

from family_site.identity import queries, rules
from family_site.identity.errors import InvalidTokenError
from ops import links
from ops.mongo.collections import Document, collection

SHOWN, MOST_STAFF = 1000, 1000
SHOWN_FIELDS = {
    *("description", "scopes", "ip_restrictions", "security_stamp"),
    *("created_at", "expires_at", "last_used_at", "usage_count", "revoked_at"),
}
USER_FIELDS = {**queries.USER_FIELDS, "email": 1}


class Owned(NamedTuple):
    """A token that is in force, the state of whom it is of, as of a session, and their address."""

    token: Document
    state: dict[str, Any]
    email: str


def good_token(token: str, *, name: str | None, address: str | None, now: datetime) -> Owned:
    """Return whose a token is, and count its use: a look and a write, whatever there is of both.

    Args:
        token: as it was sent.
        name: whose it must be, in whatever case; ``None``: anybody's.
        address: of the network, from which.
        now: time of the call.

    Raises:
        InvalidTokenError: ``malformed``, ``expired``, from another ``address``, or ``revoked``: also unknown,
            of somebody who has been disabled or has another security stamp since, and revoked meanwhile.
    """
    if not rules.PERMANENT_TOKEN.match(token):
        raise InvalidTokenError("malformed")
    found = _looked_up(links.digest(token))
    if found is None:
        raise InvalidTokenError("revoked")
    user = found.pop("user")
    if name is not None and name.lower() != user["username"]:
        raise InvalidTokenError("malformed")
    if reason := rules.fault_of_token(found, user, address=address, now=now):
        raise InvalidTokenError(reason)
    in_force = {"_id": found["_id"], "revoked_at": None}
    if not collection("api_tokens").update(
        in_force, {"$set": {"last_used_at": now}, "$inc": {"usage_count": 1}}
    ):
        raise InvalidTokenError("revoked")
    return Owned(found, queries.state_of(user), user["email"])


def tokens_of(user_id: str) -> list[Document]:
    """Return a user's tokens, newest first, those that have ended among them; ``is_revoked`` says which."""
    stamp = queries.user_by_id(user_id)["security_stamp"]
    newest_first = [("created_at", -1), ("_id", -1)]  # as the index has them
    fields = dict.fromkeys(SHOWN_FIELDS, 1)
    found = collection("api_tokens").find({"user_id": user_id}, fields, sort=newest_first, limit=SHOWN)
    return [each | {"is_revoked": rules.is_token_revoked(each, stamp)} for each in found]


def active_superusers() -> list[Document]:
    """Return the users who may everything, and may sign in."""
    found = collection("users").find({"is_staff": True}, limit=MOST_STAFF)
    return [each for each in found if each["is_superuser"] and each["is_active"]]


def _looked_up(digest: str) -> Document | None:
    """Return a token with its user and their roles, in one round trip; ``None``: one of them is gone."""
    found = collection("api_tokens").aggregate(
        [{"$match": {"digest": digest}}, queries.joined_user(USER_FIELDS), {"$limit": 1}]
    )
    if not found or not found[0]["user"]:
        return None
    return found[0] | {"user": found[0]["user"][0]}
