"""What families know of a breach: where their documents lie, and in which families people are."""

from collections.abc import Mapping, Sequence

from ops import breach
from ops.mongo.collections import collection

COLLECTIONS = {
    "fam": "families",
    "rel": "family_relationships",
    "inv": "family_invitations",
    "emr": "emergency_unfreezes",
    "rec": "recoveries",
}
WAYS = {
    "member.joined": "membership of a family",
    "admin.promoted": "admin of a family",
    "backup_admin.designated": "backup admin of a family",
    "recovery.completed": "admin of a family, by recovery",
}
KEPT_IN = {
    "member": "families",
    "admin": "families",
    "backup_admin": "families",
    "preferences": "family_people",
}
MOST = 1000


def enter() -> None:
    """Enter it."""
    breach.ids(COLLECTIONS)
    breach.kept_in(KEPT_IN)
    breach.ways_in(WAYS)
    breach.families_by(_families)


def _families(user_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
    chosen = {"_id": {"$in": list(user_ids)}}
    found = collection("family_people").find(chosen, {"member_of": 1}, limit=MOST)
    return {each["_id"]: each.get("member_of", []) for each in found}
