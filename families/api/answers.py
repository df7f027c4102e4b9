"""A family's document as the answers have it."""

from datetime import datetime
from typing import Any

from families import queries, rules
from families.actions.dissolving import Dissolved
from families.rules import succession
from ops.actors import Actor
from ops.mongo.collections import Document
from tokens.actions.paying import Paid
from tokens.errors import frozen_by
from tokens.rules import AccountStatus


def etag(family: Document, now: datetime) -> str:
    """Return the tag: what counts for ``If-Match`` stands before the first dot. Source: design, section 7."""
    account = family[queries.ACCOUNT]
    parts = [family["version"], account["version"], account["seq"], _pending(family, now)]
    if family["limits"].get("grace"):  # time alone changes how many people it has room for
        parts.append(queries.member_limit(family, now))
    return '"' + ".".join(str(part) for part in parts) + '"'


def summary(family: Document, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return ``FamilyAnswer``."""
    member: Document = queries.membership(family, actor.user_id) or {}
    members = family.get("member_count", len(family["members"]))
    limit, pending = queries.member_limit(family, now), _pending(family, now)
    is_admin = actor.user_id in family["admin_user_ids"]
    return {
        "family_id": family["_id"],
        "name": family["name"],
        "status": family["status"],
        "is_active": family["status"] == rules.FamilyStatus.ACTIVE,
        "admin_user_ids": family["admin_user_ids"],
        "member_count": members,
        "created_at": family["created_at"],
        "updated_at": family["updated_at"],
        "version": family["version"],
        "is_admin": is_admin,
        "user_role": str(rules.MemberRole.ADMIN if is_admin else rules.MemberRole.MEMBER),
        "is_backup_admin": member["is_backup_admin"],
        "usage_stats": {
            "current_members": members,
            "max_members_allowed": limit,
            "pending_invitations": pending,
            "can_add_members": members + pending < limit,
        },
        "sbd_account": _account(family[queries.ACCOUNT], actor.user_id),
    }


def detail(family: Document, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return ``FamilyDetail``."""
    answer = summary(family, actor, now)
    answer["settings"] = rules.effective_settings(family["settings"])
    answer["notification_settings"] = rules.effective_notification_settings(family["notification_settings"])
    answer["succession_plan"] = {"backup_admins": succession.backups(family["members"])}
    holders = [holder for holder in family[queries.ACCOUNT]["holders"] if holder["active"]]
    answer["sbd_account"]["spending_permissions"] = {each["user_id"]: rights(each) for each in holders}
    return answer


def dissolved(family_id: str, ended: Dissolved, now: datetime) -> dict[str, Any]:
    """Return what ``DissolvedAnswer`` has beside the message."""
    return {
        "family_id": family_id,
        "members_notified": len(ended.members),
        "relationships_cleaned": ended.relationships,
        "invitations_cancelled": len(ended.invitations),
        "requests_closed": ended.requests,
        "sbd_account_handled": True,
        "payout": ended.payout and _payout(ended.payout),
        "deleted_at": now,
    }


def _payout(paid: Paid) -> dict[str, Any]:
    return {
        "transaction_id": paid.transaction["_id"],
        "amount": paid.amount,
        "to_user_id": paid.recipient["owner"]["id"],
    }


def _account(account: Document, user_id: str) -> dict[str, Any]:
    mine = next((each for each in account["holders"] if each["user_id"] == user_id and each["active"]), None)
    return {
        "account_username": account["username"],
        "balance": account["balance"],
        "is_frozen": account["status"] == AccountStatus.FROZEN,
        "frozen_by": frozen_by(account["freeze"]),
        "can_spend": mine["can_spend"] if mine else False,
        "spending_limit": mine["spending_limit"] if mine else 0,
    }


def rights(holder: Document) -> dict[str, Any]:
    """Return ``SpendingPermissions``."""
    shown = ("role", "can_spend", "spending_limit", "period_limit", "updated_by", "updated_at")
    return {name: holder[name] for name in shown}


def _pending(family: Document, now: datetime) -> int:
    """Return how many pending invitations hold a place; an expired one holds none from that second on."""
    return sum(invitation["expires_at"] > now for invitation in family["open_invitations"])
