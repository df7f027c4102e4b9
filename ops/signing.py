"""Signed tokens: HS256 with a key id, and only what we expect is taken.

Source: HTTP contract, section 11 (tokens); RFC 7519, RFC 8725.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

import jwt
from django.conf import settings

ISSUER = AUDIENCE = "family-management-system"
ALGORITHM = "HS256"


class TokenType(StrEnum):
    """What a token is good for; one is never taken for the other."""

    ACCESS = "access"
    REFRESH = "refresh"


class BadTokenError(Exception):
    """A token that is not taken; ``reason``: ``signature``, ``expired`` or ``malformed``."""

    def __init__(self, reason: str) -> None:
        """Remember why."""
        super().__init__(reason)
        self.reason = reason


def sign(kind: TokenType, claims: Mapping[str, Any], *, issued_at: int, seconds: int) -> str:
    """Return a token that holds ``claims`` for ``seconds`` from the Unix second ``issued_at`` on."""
    key_id, key = _current_key()
    payload = {
        **claims,
        "typ": str(kind),
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": issued_at,
        "exp": issued_at + seconds,
    }
    return jwt.encode(payload, key, algorithm=ALGORITHM, headers={"kid": key_id})


def verify(kind: TokenType, token: str) -> dict[str, Any]:
    """Return the claims of a good token.

    Raises:
        BadTokenError: signed by another key or algorithm, expired, or not a token of this type.
    """
    try:
        key = _keys()[jwt.get_unverified_header(token).get("kid", "")]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "sid", "jti", "typ"]},
        )
    except jwt.ExpiredSignatureError:
        raise BadTokenError("expired") from None
    except (KeyError, TypeError, jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        raise BadTokenError("signature") from None
    except (jwt.PyJWTError, ValueError):
        raise BadTokenError("malformed") from None
    if claims["typ"] != kind:
        raise BadTokenError("malformed")
    return claims


def _current_key() -> tuple[str, str]:
    return next(iter(_keys().items()))


def _keys() -> Mapping[str, str]:
    """Return the keys by their ids, the one that signs first."""
    return _by_id((settings.JWT_SIGNING_KEY,))


@cache
def _by_id(keys: tuple[str, ...]) -> Mapping[str, str]:
    """Return the keys by a fingerprint that says nothing about them."""
    return {hashlib.sha256(b"kid:" + key.encode()).hexdigest()[:16]: key for key in keys}
