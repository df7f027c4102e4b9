"""Families, people and invitations in the console; Django finds the pages by this module."""

from families.admin.families import FamilyAdmin
from families.admin.invitations import InvitationAdmin
from families.admin.people import FamilyPersonAdmin

__all__ = ["FamilyAdmin", "FamilyPersonAdmin", "InvitationAdmin"]
