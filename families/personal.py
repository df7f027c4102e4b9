"""What families keep about people; for ``manage.py export_person``."""

from ops.personal import Kept, Person, register

INVITATION = (
    *("family_id", "family_name", "inviter_id", "relationship_type", "status", "created_at", "expires_at"),
    *("responded_at", "responded_by", "cancelled_at", "told_at", "reminded_at"),
)
VOTE = ("family_id", "status", "created_at", "expires_at", "ended_at", "required")


def enter() -> None:
    """Enter the collections."""
    register(
        Kept("families", _families, ("name", "status", "founder_id", "created_at"), ("members",)),
        Kept(
            "family_people",
            lambda person: {"_id": person.id},
            ("founded", "member_of", "limits", "grace", "notice_preferences", "is_active"),
        ),
        Kept(
            "family_relationships",
            _relationships,
            ("family_id", "user_a", "user_b", "status", "created_by", "created_at", "ended_at"),
        ),
        Kept(
            "family_invitations",
            _invitations,
            INVITATION,
        ),
        Kept(
            "emergency_unfreezes",
            _emergencies,
            (*VOTE, "requested_by", "freeze"),
            ("voters",),
            written=("reason",),
            author="requested_by",
        ),
        Kept("recoveries", _recoveries, (*VOTE, "initiated_by", "promoted_user_id")),
    )


def _families(person: Person) -> dict[str, object]:
    return {"$or": [{"members.user_id": person.id}, {"founder_id": person.id}]}


def _relationships(person: Person) -> dict[str, object]:
    sides = [{"user_a.user_id": person.id}, {"user_b.user_id": person.id}]
    return {"$or": [*sides, {"created_by": person.id}]}


def _invitations(person: Person) -> dict[str, object]:
    """Those they sent, and those to them, by whatever they were named."""
    to_them = {"invitee": {"$in": [f"user:{person.id}", f"email:{person.email}"]}}
    return {"$or": [{"inviter_id": person.id}, to_them, {"responded_by": person.id}]}


def _emergencies(person: Person) -> dict[str, object]:
    theirs = [{"requested_by": person.id}, {"voters.user_id": person.id}, {"freeze.by": person.id}]
    return {"$or": theirs}


def _recoveries(person: Person) -> dict[str, object]:
    # Their codes are secrets, so of the voters nothing is shown.
    theirs = [{"initiated_by": person.id}, {"promoted_user_id": person.id}, {"voters.user_id": person.id}]
    return {"$or": theirs}
