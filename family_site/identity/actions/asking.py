"""Links that somebody without a sign-in asks for by an address.

Invariant: the call does the same, with the same answer, whoever has the address or nobody: it writes down
what was asked. A job looks whom it concerns, so neither the answer nor its time tells.

Source: HTTP contract, sections 1.2 (e-mail addresses) and 11; section 18 (rule 11).
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from family_site.identity import emails, queries, rules
from family_site.identity.actions import challenges, failures
from family_site.identity.rules import TryLimit
from ops import audit, origin
from ops.access import gate
from ops.actors import Actor, ActorKind
from ops.ids import new_id
from ops.links import LinkKind
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

BATCH = 100


class Asked(NamedTuple):
    """What can be asked for: how often, under which name in the audit log, and who gets it."""

    limits: tuple[TryLimit, ...]
    action: str
    is_for: Callable[[Document], bool]


ASKED = {
    LinkKind.CONFIRM_EMAIL: Asked(
        rules.RESEND_LIMITS,
        "email.confirmation_requested",
        lambda user: user["is_active"] and user["email_confirmed_at"] is None,
    ),
    LinkKind.RESET_PASSWORD: Asked(
        rules.FORGOT_LIMITS, "password.reset_requested", lambda user: bool(user["is_active"])
    ),
}


def ask(kind: LinkKind, address: str, *, actor: Actor, now: datetime) -> None:
    """Ask for a link to be mailed to whoever has an address.

    Raises:
        AccessBlockedError: the address is blocked, whether or not it is anybody's.
        RateLimitExceededError: it was asked too often for this address, or from this network address.
    """
    folded = rules.folded_email(address)
    gate.refuse_blocked_email(folded, address=actor.address)
    failures.count(folded, actor.address, now=now, limits=ASKED[kind].limits)
    asker = {"request_id": actor.request_id, "address": actor.address, "user_agent": actor.user_agent}
    collection("link_requests").insert(
        {
            "_id": new_id("ask"),
            "v": 1,
            "kind": str(kind),
            "address": folded,
            "origin": asker,
            "asked_at": now,
        }
    )


def answer_all(*, now: datetime) -> int:
    """Queue the mails that were asked for, the oldest first, one batch; returns how many those are."""
    waiting = collection("link_requests").find({}, sort=[("asked_at", 1)], limit=BATCH)
    answered = 0
    for each in waiting:
        with origin.of(each["origin"].get("request_id"), "identity.links.answer"):  # the mail bears it
            answered += _answer(each, now=now)
    return answered


@unit_of_work()
def _answer(request: Document, *, now: datetime) -> bool:
    """Queue the mail of one request, if it is for somebody; of parallel calls one does."""
    if not collection("link_requests").delete({"_id": request["_id"]}):
        return False
    kind = LinkKind(request["kind"])
    user = queries.user_by_address(request["address"])
    if user is None or not ASKED[kind].is_for(user):
        return False
    challenge = challenges.issue(kind, user, user["email"], now=now)
    emails.queue_link(challenge, replaces=None, now=now)
    asker = Actor(ActorKind.ANONYMOUS, "anonymous", **request["origin"])
    audit.record(asker, ASKED[kind].action, target=user["_id"], now=now)
    return True
