"""Allowances as the answers have them. Source: HTTP contract, section 15."""

from collections.abc import Sequence
from typing import Any

from family_site.identity import queries as identity
from ops.mongo.collections import Document
from tokens.rules.allowances import ScheduleStatus


def allowances(stored: Sequence[Document]) -> list[dict[str, Any]]:
    """Return ``AllowanceAnswer`` of each; all names in one round trip."""
    people = {each[who] for each in stored for who in ("recipient_id", "created_by")}
    names = identity.usernames(people) if people else {}
    return [
        {
            "schedule_id": each["_id"],
            "family_id": each["family_id"],
            "recipient_id": each["recipient_id"],
            "recipient_name": names[each["recipient_id"]],
            "amount": each["amount"],
            "frequency": each["frequency"],
            "active": _is_active(each),
            "last_distributed": each["last_paid_at"],
            "next_distribution": each["next_at"] if _is_active(each) else None,
            "created_by": each["created_by"],
            "created_by_name": names[each["created_by"]],
            "created_at": each["created_at"],
            "updated_at": each["updated_at"],
        }
        for each in stored
    ]


def _is_active(allowance: Document) -> bool:
    return bool(allowance["status"] == ScheduleStatus.ACTIVE)
