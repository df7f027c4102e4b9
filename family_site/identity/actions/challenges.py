"""What mailed links open: made, and opened once.

Invariant: of each kind a user has one link at most, since two documents of one kind and user cannot be; it
is opened once, since the filter of the change that opens it decides. Nothing that is stored opens it.

Source: design, section 6; HTTP contract, section 11.
"""

from datetime import datetime

from family_site.identity import queries, rules
from family_site.identity.errors import InvalidOrExpiredTokenError
from ops import links
from ops.ids import new_id
from ops.links import LinkKind
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

GOOD_FOR = {
    LinkKind.CONFIRM_EMAIL: rules.CONFIRMED_WITHIN,
    LinkKind.RESET_PASSWORD: rules.RESET_WITHIN,
}


@unit_of_work()
def issue(kind: LinkKind, user: Document, address: str, *, now: datetime) -> Document:
    """Make the user's one link of a kind, as part of an audited change; the one before becomes void.

    Two at the same moment meet at the unique index: MongoDB makes the second unit run again.

    Args:
        kind: what the link opens.
        user: whose, as looked at: the link is void once their security stamp is another.
        address: to which it will be mailed.
        now: time of the change.
    """
    challenge_id = new_id("chl")
    challenge = {
        "_id": challenge_id,
        "v": 1,
        "kind": str(kind),
        "user_id": user["_id"],
        "address": address,
        "security_stamp": user["security_stamp"],
        "link": links.issue(kind, challenge_id).stored(),
        "created_at": now,
        "expires_at": now + GOOD_FOR[kind],
        "used_at": None,
    }
    challenges = collection("challenges")
    challenges.delete({"user_id": user["_id"], "kind": str(kind)})
    challenges.insert(challenge)
    return challenge


@unit_of_work()
def claim(kind: LinkKind, token: str, *, now: datetime) -> Document:
    """Open a link, as part of the change that it is for; of parallel calls one succeeds.

    Raises:
        InvalidOrExpiredTokenError: unknown, of another kind, used, replaced or expired.
    """
    good = queries.good_link(kind, token, now=now)
    challenge = collection("challenges").find_and_update(good, {"$set": {"used_at": now}})
    if challenge is None:
        raise InvalidOrExpiredTokenError
    return challenge
