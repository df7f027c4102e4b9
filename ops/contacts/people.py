"""The contacts, as the settings have them."""

import re
from typing import NamedTuple

from django.conf import settings

# What stands in the runbook as it is printed, and in examples: nobody is reached there.
PLACEHOLDERS = ("yourdomain.com", "example.com", "XXX")
_MAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")


class Contact(NamedTuple):
    """Somebody to call.

    Attributes:
        name: as in the settings and in the matrix, for example ``on_call_engineer``.
        title: the same for people, for example ``on-call engineer``.
        mail: the address; ``None``: there is none.
        telephone: the number; ``None``: there is none.
    """

    name: str
    title: str
    mail: str | None
    telephone: str | None

    @property
    def is_placeholder(self) -> bool:
        """Whether what was set reaches nobody."""
        told = f"{self.mail} {self.telephone}"
        return any(word in told for word in PLACEHOLDERS)

    @property
    def is_set(self) -> bool:
        """Whether anything was set."""
        return bool(self.mail or self.telephone)


TITLES = {
    "on_call_engineer": "on-call engineer",
    "devops_team": "DevOps team",
    "devops_lead": "DevOps lead",
    "engineering_lead": "engineering lead",
    "database_admin": "database admin",
    "security_team": "security team",
    "ciso": "CISO",
    "cto": "CTO",
    "ceo": "CEO",
    "legal": "legal team",
    "external_security": "external security firm",
}


def contact(name: str) -> Contact:
    """Return a contact by its name.

    Raises:
        KeyError: there is none of this name.
    """
    parts = [each.strip() for each in settings.CONTACTS[name].split(",") if each.strip()]
    mail = next((each for each in parts if _MAIL.fullmatch(each)), None)
    telephone = next((each for each in parts if each != mail), None)
    return Contact(name, TITLES[name], mail, telephone)


def every() -> list[Contact]:
    """Return all contacts."""
    return [contact(name) for name in TITLES]


def to_tell(kind: str) -> list[Contact]:
    """Return whom to tell of a kind of incident (``outage``, ``security`` …): first, second, last."""
    return [contact(name) for name in settings.ESCALATION_MATRIX[kind]]
