"""Families, people, invitations and allowances in the console; Django finds the pages by this module."""

from families.admin.allowances import AllowanceAdmin, AllowancePaymentAdmin
from families.admin.emergencies import EmergencyUnfreezeAdmin
from families.admin.families import FamilyAdmin
from families.admin.invitations import InvitationAdmin
from families.admin.people import FamilyPersonAdmin

__all__ = [
    "AllowanceAdmin",
    "AllowancePaymentAdmin",
    "EmergencyUnfreezeAdmin",
    "FamilyAdmin",
    "FamilyPersonAdmin",
    "InvitationAdmin",
]
