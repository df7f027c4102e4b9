"""Signed tokens: HS256 with a key id, and only what we expect is taken.

Keys are changed without signing anybody out: the new one is put before the old one, and the old one goes
when the last token that it signed has run out.

Source: HTTP contract, section 11 (tokens); RFC 7519, RFC 8725.
"""

import time
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

import jwt
from django.conf import settings

from ops.keys import PURPOSES, TOKENS, fingerprint

ISSUER = AUDIENCE = "family-management-system"
ALGORITHM = "HS256"
TOKENS_REMEMBERED = 4096  # some 2 KB each


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


def key_id() -> str:
    """Return the id of the key that signs."""
    return _current_key()[0]


def verify(kind: TokenType, token: str) -> dict[str, Any]:
    """Return the claims of a good token.

    Raises:
        BadTokenError: signed by another key or algorithm, expired, or not a token of this type.
    """
    try:
        claims = _decoded(token, _accepted_keys())
    except jwt.ExpiredSignatureError:
        raise BadTokenError("expired") from None
    except (KeyError, TypeError, jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        raise BadTokenError("signature") from None
    except (jwt.PyJWTError, ValueError):
        raise BadTokenError("malformed") from None
    if claims["exp"] <= time.time():
        raise BadTokenError("expired")
    if claims["typ"] != kind or not isinstance(claims["sid"], str):
        raise BadTokenError("malformed")
    return dict(claims)


@lru_cache(maxsize=TOKENS_REMEMBERED)
def _decoded(token: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the claims of a token that is good now; the caller looks at the end of its time again.

    Remembered, since one client sends the same token for a quarter of an hour, and reading it costs as much
    as finding the session. Only good tokens are: nobody fills the memory with bad ones.
    """
    claims: dict[str, Any] = jwt.decode(
        token,
        _by_id(keys)[jwt.get_unverified_header(token).get("kid", "")],
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        # Not `iat`: the clock of another web host may be a little ahead of ours.
        options={"require": ["exp", "iat", "sub", "sid", "jti", "typ"], "verify_iat": False},
    )
    return claims


def _current_key() -> tuple[str, str]:
    return next(iter(_by_id(_accepted_keys()).items()))


def _accepted_keys() -> tuple[str, ...]:
    """Return the keys whose tokens are taken, the one that signs first."""
    keys: tuple[str, ...] = settings.JWT_SIGNING_KEYS
    return keys


@cache
def _by_id(keys: tuple[str, ...]) -> Mapping[str, str]:
    """Return the keys by a fingerprint that says nothing about them."""
    return {fingerprint(key, purpose=PURPOSES[TOKENS]): key for key in keys}
