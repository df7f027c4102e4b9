"""Small secrets that must lie in the database for a while: sealed, or kept as no more than a keyed digest.

A secret is sealed as a Fernet token, which hides everything but the time of sealing and the length, rounded
up to 16 bytes. The keys are derived from ``FIELD_KEY`` by HKDF (RFC 5869), another one for each purpose, and
others for digests. The newest seals, and what an older one has sealed is opened as long as that stands in the
settings.

Source: design, section 2 (settings) and section 6.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32  # what Fernet takes; as long as the SHA-256 of a digest


def seal(secret: str, *, purpose: str) -> str:
    """Return a text that only ``opened`` makes anything of, URL-safe; another one each time.

    Args:
        secret: the text.
        purpose: what it is for; it is opened for the same only.
    """
    return _cipher(purpose).encrypt(secret.encode()).decode()


def opened(sealed: str, *, purpose: str) -> str | None:
    """Return the secret; ``None``: its key is gone, it was sealed for something else, or it was changed."""
    try:
        return _cipher(purpose).decrypt(sealed).decode()
    except (InvalidToken, ValueError):  # the latter: it holds what base64 never has
        return None


def digest(secret: str, *, purpose: str) -> str:
    """Return what a secret is recognised by: without the key, nobody finds even a short one by trying all.

    Args:
        secret: the text.
        purpose: what it is for, and whose: two who have the same secret do not have the same digest.
    """
    return _digests(secret, purpose)[0]


def is_of(secret: str, kept: str, *, purpose: str) -> bool:
    """Tell whether a digest is that of a secret, in the same time whatever is wrong with it."""
    found = [hmac.compare_digest(each, kept) for each in _digests(secret, purpose)]
    return any(found)


def _cipher(purpose: str) -> MultiFernet:
    return MultiFernet(Fernet(base64.urlsafe_b64encode(key)) for key in _derived("seal", purpose))


def _digests(secret: str, purpose: str) -> list[str]:
    """Return the digest of a secret under each key, that of the newest first."""
    return [hmac.new(key, secret.encode(), hashlib.sha256).hexdigest() for key in _derived("digest", purpose)]


def _derived(use: str, purpose: str) -> list[bytes]:
    """Return a key for one use and purpose from each of the settings' keys, the newest first."""
    keys: tuple[str, ...] = settings.FIELD_KEYS
    named = f"sealed:{use}:{purpose}".encode()
    return [HKDF(SHA256(), KEY_BYTES, salt=None, info=named).derive(key.encode()) for key in keys]
