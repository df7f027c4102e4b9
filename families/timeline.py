"""What families and invitations tell; for ``manage.py timeline``."""

from collections.abc import Iterator

from ops.mongo.collections import collection
from ops.timeline import Moment, register
from ops.timeline.own import mails
from tokens.timeline import of_account

INVITATIONS = "family_invitations"
# Times of an invitation, and what happened then.
TIMES = {
    "created_at": "invitation made",
    "told_at": "invitee told",
    "reminded_at": "invitee reminded",
    "responded_at": "invitation answered",
    "cancelled_at": "invitation cancelled",
    "expires_at": "invitation ends",
}


def enter() -> None:
    """Enter the sources."""
    register(("inv",), _invitation)
    register(("fam",), _account)


def _invitation(invitation_id: str, _most: int) -> Iterator[Moment]:
    fields = dict.fromkeys(("family_id", "inviter_id", "status", "mail_id", "invitee", *TIMES), 1)
    found = collection(INVITATIONS).find_one({"_id": invitation_id}, fields)
    if found is None:
        return
    facts = {"status": found["status"], "family": found["family_id"], "inviter": found["inviter_id"]}
    private = {"invitee": found["invitee"]}
    for field, what in TIMES.items():
        if found.get(field):
            yield Moment(found[field], INVITATIONS, what, invitation_id, facts=facts, private=private)
    if found.get("mail_id"):
        yield from mails({"_id": found["mail_id"]}, 1)


def _account(family_id: str, most: int) -> Iterator[Moment]:
    family = collection("families").find_one({"_id": family_id}, {"account_id": 1})
    if family is not None:
        yield from of_account(family["account_id"], most)
