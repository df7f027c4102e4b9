"""What is kept about a person, for themselves: they may ask for it (GDPR, article 15).

Apps enter where they keep something; operations know no app.
"""

from ops.personal.registry import Kept, Person, person_by, register

__all__ = ["Kept", "Person", "person_by", "register"]
