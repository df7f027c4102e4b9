"""Members and relationships as the answers have them. Source: HTTP contract, section 6."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from families import queries
from families.actions.admins import Managed
from families.actions.agents import STAFF
from families.actions.departing import Departure
from families.actions.relationships import Related
from families.api.answers import rights
from families.api.member_bodies import NO_RELATIVE, SELF
from ops.actors import Actor
from ops.mongo.collections import Document

SIDES = (("user_a", "user_b"), ("user_b", "user_a"))


def members(
    family: Document, relationships: Sequence[Document], people: Mapping[str, Document], actor: Actor
) -> list[dict[str, Any]]:
    """Return ``MemberAnswer`` of each member, those who joined first before the others.

    Account and relationships are read a moment after the members, and may be without somebody by then, or
    have somebody new: only who stands in all of them is told of.
    """
    relatives = _relatives(relationships, people)
    holders = {each["user_id"]: each for each in family[queries.ACCOUNT]["holders"]}
    sees_addresses = queries.is_admin(family, actor.user_id)
    return [
        {
            "user_id": each["user_id"],
            "username": people[each["user_id"]]["username"],
            "email": people[each["user_id"]]["email"]
            if sees_addresses or each["user_id"] == actor.user_id
            else None,
            "role": each["role"],
            "is_backup_admin": each["is_backup_admin"],
            "joined_at": each["joined_at"],
            "relationship_type": _to_caller(relatives[actor.user_id], each["user_id"], actor),
            "relationships": relatives[each["user_id"]],
            "spending_permissions": rights(holders[each["user_id"]]),
        }
        for each in sorted(family["members"], key=lambda each: (each["joined_at"], each["user_id"]))
        if each["user_id"] in holders
    ]


def relationship(stored: Document, names: Mapping[str, str]) -> dict[str, Any]:
    """Return ``RelationshipAnswer``."""
    sides = {side: {**stored[side], "username": names[stored[side]["user_id"]]} for side, _ in SIDES}
    shown = ("family_id", "status", "created_by", "created_at", "updated_at")
    return {"relationship_id": stored["_id"], **sides, **{name: stored[name] for name in shown}}


def related(found: Related, family_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what ``RelationshipChanged`` has beside the message."""
    return {
        "relationship_id": found.relationship_id,
        "family_id": family_id,
        "user_a_id": found.pair.one,
        "user_b_id": found.pair.other,
        "old_relationship_type": found.before,
        "new_relationship_type": str(found.pair.kind),
        "new_reciprocal_type": str(found.pair.reverse),
        "modified_by": actor.user_id,
        "modified_at": now,
    }


def removed(departure: Departure, now: datetime) -> dict[str, Any]:
    """Return what ``RemovedAnswer`` has beside the message."""
    return {
        "removed_user_id": departure.user_id,
        "removed_username": departure.username,
        "relationships_cleaned": departure.relationships,
        "permissions_revoked": departure.had_rights,
        "requests_cancelled": len(departure.requests),
        "removed_at": now,
    }


def managed(changed: Managed, role: str, family_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what ``AdminAnswer`` has beside message and action."""
    return {
        **performed(family_id, actor, now),
        "target_user_id": changed.user_id,
        "target_username": changed.username,
        "new_role": role,
        **({"promoted_user_id": changed.heir} if changed.heir else {}),
    }


def performed(family_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return who did it, and when."""
    return {
        "family_id": family_id,
        "performed_by": actor.user_id,
        "performed_by_username": actor.name,
        "performed_at": now,
    }


def admin_action(entry: Document, names: Mapping[str, str], actor: Actor) -> dict[str, Any]:
    """Return ``AdminActionAnswer`` of an entry of the audit log."""
    is_own = entry["actor"] == actor.user_id
    by_staff = entry["as_staff"]  # members are not told who they are
    target = entry["target"] if entry["target"] in names else None
    return {
        "action_id": entry["_id"],
        "family_id": entry["family_id"],
        "admin_user_id": None if by_staff else entry["actor"],
        "admin_username": STAFF if by_staff else names.get(entry["actor"], ""),
        "target_user_id": target,
        "target_username": names[target] if target else None,
        "action_type": entry["action"],
        "details": {"before": entry["before"], "after": entry["after"]},
        "created_at": entry["at"],
        "ip_address": entry["private"].get("address") if is_own else None,
        "user_agent": entry["private"].get("user_agent") if is_own else None,
    }


def _relatives(
    relationships: Sequence[Document], people: Mapping[str, Document]
) -> defaultdict[str, list[dict[str, Any]]]:
    """Return to whom each is related, by user id."""
    relatives: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in relationships:
        for mine, others in SIDES:
            other = each[others]["user_id"]
            if other not in people:
                continue
            relatives[each[mine]["user_id"]].append(
                {
                    "related_user_id": other,
                    "related_username": people[other]["username"],
                    "relationship_type": each[mine]["relationship_type"],
                    "relationship_id": each["_id"],
                }
            )
    return relatives


def _to_caller(own: Sequence[Mapping[str, Any]], user_id: str, actor: Actor) -> str:
    if user_id == actor.user_id:
        return SELF
    return next(
        (each["relationship_type"] for each in own if each["related_user_id"] == user_id), NO_RELATIVE
    )
