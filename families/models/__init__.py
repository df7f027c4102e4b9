"""Documents of the app."""

from families.models.emergency import EmergencyUnfreeze
from families.models.family import Family, Member
from families.models.people import FamilyPerson
from families.models.recovery import FamilyRecovery
from families.models.relationship import FamilyRelationship

__all__ = ["EmergencyUnfreeze", "Family", "FamilyPerson", "FamilyRecovery", "FamilyRelationship", "Member"]
