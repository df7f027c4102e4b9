"""Keys are spoken of by their fingerprints, which say nothing of them: a key is long, and made at random."""

import hashlib
from collections.abc import Sequence

from django.conf import settings

DIGITS = 16
# Variables by the purpose that stands in their fingerprints: keys of two of them cannot be compared.
TOKENS = "JWT_SIGNING_KEY"
PURPOSES = {TOKENS: "kid", "LINK_SIGNING_KEY": "link", "FIELD_KEY": "field", "SECRET_KEY": "secret"}


def fingerprint(key: str, *, purpose: str) -> str:
    """Return what a key may be known by: the same wherever the key is the same."""
    return hashlib.sha256(f"{purpose}:{key}".encode()).hexdigest()[:DIGITS]


def in_settings() -> dict[str, Sequence[str]]:
    """Return the keys that this process was started with, by variable, the one that is used first."""
    return {
        TOKENS: settings.JWT_SIGNING_KEYS,
        "LINK_SIGNING_KEY": settings.LINK_SIGNING_KEYS,
        "FIELD_KEY": settings.FIELD_KEYS,
        "SECRET_KEY": (settings.SECRET_KEY,),
    }


def fingerprints() -> dict[str, list[str]]:
    """Return the fingerprints of those keys, in the same order."""
    return {
        variable: [fingerprint(key, purpose=PURPOSES[variable]) for key in keys]
        for variable, keys in in_settings().items()
    }
