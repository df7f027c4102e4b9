"""Refusals about families."""

from collections.abc import Iterable
from http import HTTPStatus

from ops.errors import DomainError, FieldFault


class FamilyNotFoundError(DomainError):
    """No such family, or not one of the caller's: the same answer, on purpose."""

    code = "FAMILY_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND
    meaning = "There is no such family, or the caller does not belong to it."

    def __init__(self) -> None:
        """Say nothing about what might be there."""
        super().__init__("There is no such family.")


class InvalidRelationshipError(DomainError):
    """This is no type of relationship, or the pair is one person."""

    code = "INVALID_RELATIONSHIP"
    meaning = "There is no such type of relationship, or it names the same person twice."

    def __init__(self, field: str, possible: Iterable[str]) -> None:
        """Name the field and the types there are."""
        fault = FieldFault(field, "invalid_choice", f"Possible: {', '.join(possible)}.")
        super().__init__("There is no such relationship.", details=[fault._asdict()])


class FamilyLimitExceededError(DomainError):
    """The person has founded, or belongs to, as many families as they may."""

    code = "FAMILY_LIMIT_EXCEEDED"
    status = HTTPStatus.FORBIDDEN
    meaning = "The person has founded, or belongs to, as many families as they may."

    def __init__(self, *, limit_type: str, limit: int, current: int) -> None:
        """Name the limit: ``families`` (founded) or ``memberships``."""
        verb = "found" if limit_type == "families" else "belong to"
        super().__init__(
            f"You may {verb} {limit} families at most.",
            details={"limit_type": limit_type, "limit": limit, "current": current, "upgrade_required": True},
        )


class MemberLimitExceededError(DomainError):
    """The family has no room for another person, pending invitations included."""

    code = "MEMBER_LIMIT_EXCEEDED"
    status = HTTPStatus.FORBIDDEN
    meaning = "The family has no room for another person, pending invitations included."

    def __init__(self, *, limit: int, members: int, pending: int) -> None:
        """Name the limit and what takes up its places."""
        super().__init__(
            f"This family has room for {limit} people, pending invitations included.",
            details={
                "limit": limit,
                "members": members,
                "pending_invitations": pending,
                "upgrade_required": True,
            },
        )
