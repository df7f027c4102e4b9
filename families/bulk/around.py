"""What lies around a family: invitations with their mails, sessions, notices, and the audit log."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from families.bulk.household import DOMAIN, Household
from families.invitations import rules
from families.invitations.emails import INVITATION
from families.invitations.rules import InvitationStatus, Invitee
from families.rules import RelationshipType
from ops import links
from ops.actors import ActorKind
from ops.links import LinkKind
from ops.models.notification import NoticeStatus
from ops.models.outbox import MailStatus
from ops.mongo.collections import Document
from ops.outbox.queue import message_id

# One in so many: families with an invitation, founders with a session, mails that were given up.
INVITING, SIGNED_IN, DEAD = 3, 4, 50
# Mails that were sent are kept so long.
MAILS_KEPT = timedelta(days=29)
ADDRESSES = ("192.0.2.{}", "198.51.100.{}", "203.0.113.{}")
PROGRAMS = ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (iPhone)", "family-app/2.4")


def invitations(made: Household) -> list[Document]:
    """Return an invitation that waits, and holds a place of the family, or was taken back."""
    if made.lots.randrange(INVITING) or len(made.users) >= made.plan.most_members:
        return []
    now, life = made.plan.now, rules.LIFE
    created_at = made.since(made.family["updated_at"])
    waits = created_at > now - life + timedelta(days=1)
    address = f"guest_{made.plan.code_of(made.number)}@{DOMAIN}"
    invitation_id, expires_at = made.id_of("inv"), created_at + life
    ended_at = None if waits else created_at + life / 3
    if waits:
        made.family["open_invitations"] = [{"invitation_id": invitation_id, "expires_at": expires_at}]
    status = InvitationStatus.PENDING if waits else InvitationStatus.CANCELLED
    invitee = Invitee.of_address(address, folded=address)
    return [
        {
            "_id": invitation_id,
            "v": 1,
            "family_id": made.family["_id"],
            "family_name": made.family["name"],
            "inviter_id": made.founder["_id"],
            "inviter_username": made.founder["username"],
            "invitee": invitee.key,
            "relationship_type": str(made.lots.choice(list(RelationshipType))),
            "invitee_email": address,
            "invitee_username": None,
            "status": str(status),
            "link": links.issue(LinkKind.INVITATION, invitation_id).stored() | {"mailed": True},
            "mail_id": made.id_of("mail"),
            "resend_count": 0,
            "created_at": created_at,
            "expires_at": expires_at,
            "remind_at": expires_at - rules.REMINDED_BEFORE if waits else None,
            "reminded_at": None,
            "responded_at": None,
            "responded_by": None,
            "cancelled_at": ended_at,
            "blank_at": None,
            "told_at": None,
        }
    ]


def mails(made: Household, invited: list[Document]) -> list[Document]:
    """Return the mails of these invitations, as far as they are kept; some were given up."""
    return [_mail(made, each) for each in invited if each["created_at"] > made.plan.now - MAILS_KEPT]


def _mail(made: Household, invitation: Document) -> Document:
    at, dead = invitation["created_at"], made.lots.randrange(DEAD) == 0
    return {
        "_id": invitation["mail_id"],
        "v": 1,
        "key": f"{INVITATION}:{invitation['_id']}:1",
        "to": invitation["invitee_email"],
        "template": INVITATION,
        "context": {"invitation_id": invitation["_id"], "generation": "1"},
        "message_id": message_id(invitation["mail_id"]),
        "status": str(MailStatus.DEAD_LETTER if dead else MailStatus.SENT),
        "attempts": 8 if dead else 1,
        "next_attempt_at": at,
        "lease_until": None,
        "fault": "550 no such mailbox" if dead else None,
        "created_at": at,
        "sent_at": None if dead else at + timedelta(seconds=2),
        "request_id": None,
    }


def sessions(made: Household) -> list[Document]:
    """Return a session of the founder that is still good."""
    if made.lots.randrange(SIGNED_IN):
        return []
    now, user, life = made.plan.now, made.founder, timedelta(seconds=settings.SESSION_SECONDS)
    created_at = made.since(max(made.founded_at, now - life + timedelta(days=1)))
    return [
        {
            "_id": made.id_of("ses"),
            "v": 1,
            "kind": "api",
            "user_id": user["_id"],
            "security_stamp": user["security_stamp"],
            "created_at": created_at,
            "last_seen_at": made.since(created_at),
            "expires_at": created_at + life,
            "revoked_at": None,
            "second_factor_at": None,
            "fresh_until": None,
            # No token was given for it, so none can be changed.
            "refresh": None,
            "previous": None,
            "data": "",
            "address": made.lots.choice(ADDRESSES).format(made.lots.randrange(1, 255)),
            "user_agent": made.lots.choice(PROGRAMS),
        }
    ]


def notices(made: Household) -> list[Document]:
    """Return what the founder was told when the first one joined."""
    if len(made.users) == 1:
        return []
    joined, user = made.family["members"][1], made.users[1]
    read = made.lots.randrange(2) == 0
    return [
        {
            "_id": made.id_of("ntf"),
            "v": 1,
            "user_id": made.founder["_id"],
            "family_id": made.family["_id"],
            "type": "member_added",
            "data": {
                "who": user["username"],
                "user_id": user["_id"],
                "family_name": made.family["name"],
            },
            "created_at": joined["joined_at"],
            "status": str(NoticeStatus.READ if read else NoticeStatus.UNREAD),
            "read_at": made.since(joined["joined_at"]) if read else None,
            "archived_at": None,
        }
    ]


def audit_entries(made: Household) -> list[Document]:
    """Return who founded the family, and who froze its account; a job seals them, as all others."""
    family, account, founder = made.family, made.account, made.founder
    founded = {"account_id": account["_id"], "admin_user_ids": [founder["_id"]]}
    entry = _entry(made, 0, "family.created", family["_id"], after=founded) | {
        "at": made.founded_at,
        "private": {"after": {"name": family["name"]}},
    }
    if account["freeze"] is None:
        return [entry]
    before, after = {"status": "active"}, {"status": account["status"]}
    frozen = _entry(made, 1, "account.frozen", account["_id"], before=before, after=after)
    return [
        entry,
        frozen | {"at": account["freeze"]["at"], "private": {"reason": account["freeze"]["reason"]}},
    ]


def _entry(  # noqa: PLR0913  # an entry has as many parts
    made: Household, part: int, action: str, target: str, *, after: Document, before: Document | None = None
) -> dict[str, Any]:
    return {
        "_id": made.id_of("aud", part),
        "v": 1,
        "at": made.founded_at,
        "actor": made.founder["_id"],
        "actor_kind": str(ActorKind.USER),
        "as_staff": False,
        "action": action,
        "target": target,
        "family_id": made.family["_id"],
        "before": before or {},
        "after": after,
        "request_id": None,
        "private": {},
    }
