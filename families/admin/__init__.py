"""Families and invitations in the console; Django finds the pages by this module."""

from families.admin.families import FamilyAdmin
from families.admin.invitations import InvitationAdmin

__all__ = ["FamilyAdmin", "InvitationAdmin"]
