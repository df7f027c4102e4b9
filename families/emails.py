"""The mail with a member's code of a recovery: queued with the code sealed, which is gone once it was sent.

Source: design, section 6; HTTP contract, sections 10 and 18 (rule 12).
"""

from collections.abc import Mapping
from typing import Any

from families.rules import recovery as rules
from families.rules.recovery import RecoveryStatus
from family_site.identity import queries as identity
from ops import clock
from ops.mongo.collections import Document, collection
from ops.outbox.queue import Letter
from ops.outbox.templates import Context, NoLongerWantedError

RECOVERY_CODE = "recovery_code"
SAMPLE: Mapping[str, Any] = {
    "username": "ines",
    "family_name": "The Otters",
    "code": "000000",
    "required": 2,
    "tries": rules.TRIES,
    "expires_at": "2026-01-08 12:00 UTC",
}


def code_letter(recovery_id: str, user_id: str, code: str, *, to: str) -> Letter:
    """Return the mail with somebody's code, to be queued in the unit that made it."""
    return Letter(
        RECOVERY_CODE,
        to=to,
        context={"recovery_id": recovery_id, "user_id": user_id},
        key=f"{RECOVERY_CODE}:{recovery_id}:{user_id}",
        secrets={"code": code},
    )


def code_facts(context: Context) -> dict[str, Any]:
    """Return what the mail with a code shows.

    Raises:
        NoLongerWantedError: the recovery is over, the code was used, or it was mailed and is kept nowhere.
    """
    recovery = collection("recoveries").find_one({"_id": context["recovery_id"]})
    if recovery is None or rules.status_at(recovery, clock.now()) != RecoveryStatus.PENDING:
        raise NoLongerWantedError("the recovery is over")
    voter = rules.voter_of(recovery, context["user_id"])
    if voter is None or voter["voted_at"] is not None:
        raise NoLongerWantedError("the code was used")
    if "code" not in context:
        raise NoLongerWantedError("the code was mailed once, and is kept nowhere")
    return {
        "username": identity.usernames({context["user_id"]}).get(context["user_id"], ""),
        "family_name": _family_name(recovery),
        "code": context["code"],
        "required": recovery["required"],
        "tries": rules.TRIES,
        "expires_at": f"{recovery['expires_at']:%Y-%m-%d %H:%M} UTC",
    }


def _family_name(recovery: Document) -> str:
    family = collection("families").find_one({"_id": recovery["family_id"]}, {"name": 1})
    return family["name"] if family else ""
