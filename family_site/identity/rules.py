"""What a name and a password must be. Source: HTTP contract, sections 4 (name) and 11."""

import re

from ops.errors import Fault

RESERVED_PREFIXES = ("family_", "team_", "admin_", "system_", "bot_", "service_")
RESERVED_NAMES = frozenset(
    {"admin", "administrator", "anonymous", "root", "staff", "superuser", "support", "system"}
)
USERNAME = re.compile(r"[a-z0-9_-]{3,50}\Z")
USERNAME_LENGTH = (3, 50)
PASSWORD_LENGTH = (8, 128)
EMAIL_LENGTH = 254
MIN_NAME_TO_COMPARE = 4  # shorter names stand in too many words
# A local part, one @, a domain with a dot: the mail itself is the proof, this only catches slips.
EMAIL = re.compile(r"[^\s@\x00-\x20<>(),:;\"\[\]\\]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+\Z")


def folded_email(address: str) -> str:
    """Return an address as it is stored and compared: case-folded; ``+`` tags stay."""
    return address.strip().casefold()


def email_fault(address: str) -> Fault | None:
    """Say that a text has not the form of an address; ``None``: it has."""
    folded = folded_email(address)
    if len(folded) <= EMAIL_LENGTH and EMAIL.match(folded):
        return None
    return Fault("invalid_format", "This is no e-mail address.")


def username_fault(username: str) -> Fault | None:
    """Say why nobody may take this name, in whatever case; ``None``: somebody may."""
    lowered = username.lower()
    if not USERNAME.match(lowered):
        return Fault("invalid_format", "Letters a-z, digits, _ and - only.")
    if lowered in RESERVED_NAMES or lowered.startswith(RESERVED_PREFIXES):
        return Fault("reserved", "This name is kept for the system.")
    return None


def weaknesses(password: str, username: str) -> list[str]:
    """Return what a password lacks, as sentences; an empty list: nothing."""
    wanted = (
        (any(c.isupper() for c in password), "An upper-case letter is needed."),
        (any(c.islower() for c in password), "A lower-case letter is needed."),
        (any(c.isdigit() for c in password), "A digit is needed."),
        (any(not c.isalnum() for c in password), "A special character is needed."),
        (not _alike(password, username), "It is too much like the username."),
    )
    return [sentence for fulfilled, sentence in wanted if not fulfilled]


def _alike(password: str, username: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", password.lower())
    name = re.sub(r"[^a-z0-9]", "", username.lower())
    if len(name) < MIN_NAME_TO_COMPARE:
        return plain == name
    return name in plain or (plain != "" and plain in name)
