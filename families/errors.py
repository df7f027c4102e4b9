"""Refusals about families."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar

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

    def __init__(self, field: str, possible: Iterable[str] = ()) -> None:
        """Name the field and the types there are; none: it names the same person twice."""
        listed = ", ".join(possible)
        hint = f"Possible: {listed}." if listed else "Nobody is related to themselves."
        fault = FieldFault(field, "invalid_choice" if listed else "not_allowed", hint)
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


class MemberNotFoundError(DomainError):
    """The person is no member of the family."""

    code = "MEMBER_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND
    meaning = "There is no such member in this family."

    def __init__(self) -> None:
        """Say nothing about whether there is such a person elsewhere."""
        super().__init__("There is no such member in this family.")


class MultipleAdminsRequiredError(DomainError):
    """The last admin who can work would go."""

    code = "MULTIPLE_ADMINS_REQUIRED"
    meaning = "The last admin would go; promote somebody else before, or designate a backup admin."

    def __init__(self, *, backup_available: bool) -> None:
        """Tell whether somebody stands ready to take over; if so, that one is disabled."""
        super().__init__(
            "A family needs an admin: promote somebody else before, or dissolve the family.",
            details={"minimum_admins_required": 1, "backup_admin_available": backup_available},
        )


class AdminActionError(DomainError):
    """Somebody's role cannot be changed so."""

    code = "ADMIN_ACTION_ERROR"
    meaning = "The role cannot be changed so; details names the reason: already_admin, not_admin, self."
    sentences: ClassVar[Mapping[str, str]] = {
        "self": "Nobody promotes themselves.",
        "already_admin": "They are an admin already.",
        "not_admin": "They are no admin.",
    }

    def __init__(self, reason: str) -> None:
        """Name the reason."""
        super().__init__(self.sentences[reason], details={"reason": reason})


class BackupAdminError(AdminActionError):
    """Nobody can be made, or stop being, a backup admin so."""

    code = "BACKUP_ADMIN_ERROR"
    meaning = (
        "The backup admin cannot be changed so; details names the reason: already_admin, already_backup, "
        "not_backup, self."
    )
    sentences: ClassVar[Mapping[str, str]] = {
        "self": "Nobody designates themselves.",
        "already_admin": "They are an admin, so need not stand ready.",
        "already_backup": "They stand ready already.",
        "not_backup": "They do not stand ready.",
    }


class RecoveryInitiationError(DomainError):
    """No recovery of the family can begin."""

    code = "RECOVERY_INITIATION_FAILED"
    meaning = "No recovery can begin; details names the reason: working_admin, nobody_reachable."
    sentences: Mapping[str, str] = {
        "working_admin": "This family has an admin who can sign in.",
        "nobody_reachable": "Nobody in this family can be sent a code; please ask the support for help.",
    }

    def __init__(self, reason: str) -> None:
        """Name the reason."""
        super().__init__(self.sentences[reason], details={"reason": str(reason)})


class RecoveryVerificationError(DomainError):
    """The code does not count."""

    code = "RECOVERY_VERIFICATION_FAILED"
    meaning = (
        "The code does not count; details names the reason (wrong_code, no_tries_left, already_voted, "
        "not_pending) and how many tries are left."
    )
    sentences: Mapping[str, str] = {
        "wrong_code": "This is not the code that was mailed to you.",
        "no_tries_left": "There were too many wrong codes; yours is not taken any more.",
        "already_voted": "You have verified this recovery already.",
        "not_pending": "This recovery is over.",
    }

    def __init__(self, reason: str, *, tries_left: int) -> None:
        """Name the reason, and how many wrong codes the caller may still type."""
        super().__init__(self.sentences[reason], details={"reason": str(reason), "tries_left": tries_left})


class EmergencyUnfreezeFailedError(DomainError):
    """No vote on opening the account can begin."""

    code = "EMERGENCY_UNFREEZE_FAILED"
    meaning = "No vote can begin; details names the reason: not_frozen, already_open, too_few_voters."
    sentences: Mapping[str, str] = {
        "not_frozen": "The account is not frozen.",
        "already_open": "There is a vote on it already.",
        "too_few_voters": "It takes two members beside who froze the account.",
    }

    def __init__(self, reason: str) -> None:
        """Name the reason."""
        super().__init__(self.sentences[reason], details={"reason": str(reason)})


class ApprovalFailedError(DomainError):
    """A vote for opening the account does not count."""

    code = "APPROVAL_FAILED"
    meaning = "The vote does not count; details names the reason: not_pending, expired, already_voted."
    sentences: Mapping[str, str] = {
        "not_pending": "This has been decided already.",
        "expired": "The time to vote on this is over.",
        "already_voted": "You have voted on this already.",
    }

    def __init__(self, reason: str) -> None:
        """Name the reason."""
        super().__init__(self.sentences[reason], details={"reason": str(reason)})


class RejectionFailedError(ApprovalFailedError):
    """A vote against opening the account does not count."""

    code = "REJECTION_FAILED"


class InvalidPreferencesError(DomainError):
    """There is no such type of notice, or it cannot be had so."""

    code = "INVALID_PREFERENCES"
    meaning = "There is no such type of notice, or it cannot be had so; details lists every faulty field."

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        """Take all faulty fields at once."""
        super().__init__("Some notices cannot be had so.", details=[fault._asdict() for fault in faults])


class EmptyNotificationListError(DomainError):
    """No notice was named."""

    code = "EMPTY_NOTIFICATION_LIST"
    meaning = "No notification was named."

    def __init__(self) -> None:
        """Name the field."""
        fault = FieldFault("notification_ids", "too_short", "At least one is needed.")
        super().__init__("Name the notifications.", details=[fault._asdict()])


class TooManyNotificationsError(DomainError):
    """More notices were named than one call takes."""

    code = "TOO_MANY_NOTIFICATIONS"
    meaning = "More notifications were named than one call takes."

    def __init__(self, *, most: int) -> None:
        """Name the field and the bound."""
        fault = FieldFault("notification_ids", "too_long", f"At most {most} are possible.")
        super().__init__(f"Name at most {most} notifications.", details=[fault._asdict()])


class ReasonRequiredError(DomainError):
    """An account is to be frozen, and nobody says why."""

    code = "REASON_REQUIRED"
    meaning = "Freezing an account needs a reason."

    def __init__(self) -> None:
        """Name the field."""
        fault = FieldFault("reason", "required", "Say why.")
        super().__init__("Say why the account is to be frozen.", details=[fault._asdict()])


class InvalidAmountError(DomainError):
    """The amount of a query is none."""

    code = "INVALID_AMOUNT"
    meaning = "The amount in the query is no number of whole tokens that could be moved."

    def __init__(self, fault: FieldFault) -> None:
        """Name the parameter."""
        super().__init__(fault.message, details=[fault._asdict()])


class InvalidGranularityError(DomainError):
    """A period cannot be told by such times."""

    code = "INVALID_GRANULARITY"
    meaning = "A period is told by day, week or month; details lists how each is called."

    def __init__(self, fault: FieldFault) -> None:
        """Name the parameter."""
        super().__init__(fault.message, details=[fault._asdict()])


class SelfApprovalForbiddenError(DomainError):
    """An admin would approve what they asked for, and another one could."""

    code = "SELF_APPROVAL_FORBIDDEN"
    status = HTTPStatus.FORBIDDEN
    meaning = "The caller asked for it, and another admin can decide."

    def __init__(self) -> None:
        """Say who can."""
        super().__init__("This is your own request: another admin of the family has to approve it.")
