"""Documents of the app."""

from families.models.family import Family, Member
from families.models.people import FamilyPerson

__all__ = ["Family", "FamilyPerson", "Member"]
