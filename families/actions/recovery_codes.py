"""Codes of a recovery: made, recognised, and how often somebody may be wrong.

Kept is a keyed digest; the code itself waits sealed in the outbox until it was mailed.
Source: design, sections 6 and 7; HTTP contract, sections 10 and 18 (rule 12).
"""

import secrets

from families.rules import recovery as rules
from ops import sealed
from ops.mongo.collections import Document, collection


def new_code() -> str:
    """Return a code that nobody can guess: six digits."""
    return f"{secrets.randbelow(10**rules.CODE_LENGTH):0{rules.CODE_LENGTH}}"


def voter(recovery_id: str, user_id: str, code: str) -> Document:
    """Return the entry of somebody who gets a code."""
    digest = sealed.digest(code, purpose=_purpose(recovery_id, user_id))
    return {"user_id": user_id, "code": digest, "tries_left": rules.TRIES, "voted_at": None}


def is_right(recovery_id: str, voter: Document, code: str) -> bool:
    """Tell whether this is the voter's code."""
    return sealed.is_of(code, voter["code"], purpose=_purpose(recovery_id, voter["user_id"]))


def spend_try(recovery_id: str, user_id: str) -> int | None:
    """Take one of the voter's tries for a wrong code; returns how many are left, ``None``: there was none.

    Past the unit that is open, on purpose: the refusal that follows undoes all of that unit, and a try that
    came back with it would let people guess for ever. The write itself decides, so of parallel guesses no
    more are told that they are wrong than there were tries. It must come before the unit writes the same
    document, or it would wait for that in vain.
    """
    has_one = {"user_id": user_id, "voted_at": None, "tries_left": {"$gt": 0}}
    before = collection("recoveries").raw.find_one_and_update(
        {"_id": recovery_id, "voters": {"$elemMatch": has_one}}, {"$inc": {"voters.$.tries_left": -1}}
    )
    spent = before and rules.voter_of(before, user_id)
    return spent["tries_left"] - 1 if spent else None


def _purpose(recovery_id: str, user_id: str) -> str:
    return f"recovery code:{recovery_id}:{user_id}"
