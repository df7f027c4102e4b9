"""The keys of the audit log's chain: the newest seals, and what an older one has sealed is still verified.

Source: design, section 2 (settings, ``AUDIT_KEY``).
"""

from functools import cache

from django.conf import settings

from ops.audit.chain import Key, Keys, key_of


def newest() -> Key:
    """Return the key that seals."""
    return next(iter(known().values()))


def known() -> Keys:
    """Return all keys by what entries call them, the newest first."""
    return _by_id(settings.AUDIT_KEYS)


@cache
def _by_id(secrets: tuple[str, ...]) -> Keys:
    return {key.id: key for key in map(key_of, secrets)}
