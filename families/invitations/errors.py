"""Refusals about invitations."""

from http import HTTPStatus

from ops.errors import DomainError

SENTENCES = {
    "self": "You cannot invite yourself.",
    "unknown_username": "There is nobody of this username.",
    "already_member": "They are a member of this family already.",
    "declined_recently": "They declined less than 24 hours ago; please wait.",
}


class InvitationNotFoundError(DomainError):
    """No such invitation for the caller, or it is no longer open."""

    code = "INVITATION_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND
    meaning = (
        "There is no such invitation, it is somebody else's, or it is no longer open; the invitee and the "
        "admins are told the reason: answered, cancelled, expired."
    )

    def __init__(self, reason: str | None = None) -> None:
        """Say why it is no longer open, to those who may know that it was there; nothing to others."""
        super().__init__(
            f"This invitation is no longer open: {reason}." if reason else "There is no such invitation.",
            details={"reason": str(reason)} if reason else {},
        )
        self.reason = reason


class InvitationFailedError(DomainError):
    """This person cannot be invited, or cannot join."""

    code = "INVITATION_FAILED"
    meaning = (
        "This person cannot be invited; details names the reason: self, unknown_username, already_member, "
        "declined_recently."
    )

    def __init__(self, reason: str) -> None:
        """Name the reason."""
        super().__init__(SENTENCES[reason], details={"reason": reason})


class InvitationNotForYouError(DomainError):
    """The link is good, and whoever is signed in is not the invitee."""

    code = "INVITATION_NOT_FOR_YOU"
    status = HTTPStatus.FORBIDDEN
    meaning = "The link is good, but the signed-in user is not the invitee."

    def __init__(self) -> None:
        """Say what to do; not for whom it is."""
        super().__init__("This invitation is for somebody else: sign in as the one who was invited.")
