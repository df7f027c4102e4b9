"""Documents of the app."""

from families.invitations.models.invitation import FamilyInvitation

__all__ = ["FamilyInvitation"]
