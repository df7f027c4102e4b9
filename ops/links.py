"""Tokens of mailed links: derived whenever they are needed, stored nowhere.

A link is named by its kind, the id of what it opens, and a generation; the token is their HMAC-SHA-256. Kept
are the generation, the id of the key and the SHA-256 of the token, so that neither the database, nor a backup
of it, nor the outbox holds anything that opens a link; a new generation makes the old link void.

Source: design, section 6.
"""

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings


class LinkKind(StrEnum):
    """What a link opens; the token of one kind is never that of another."""

    INVITATION = "invitation"
    CONFIRM_EMAIL = "confirm_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  # a kind


@dataclass(frozen=True)
class Link:
    """What is kept of a link: which key and generation its token is derived from, and the token's digest."""

    key_id: str
    generation: int
    digest: str

    def stored(self) -> dict[str, Any]:
        """Return it as a part of a document."""
        return asdict(self)


def issue(kind: LinkKind, target: str, generation: int = 1) -> Link:
    """Return a link of the newest key; the token itself is derived when the mail is rendered.

    Args:
        kind: what it opens.
        target: id of the document that keeps the link.
        generation: one more than before makes the link before void.
    """
    key_id = next(iter(_keys()))
    return Link(key_id, generation, digest(_derive(kind, target, generation, _keys()[key_id])))


def token(kind: LinkKind, target: str, link: Link) -> str | None:
    """Return the token of a link, 43 URL-safe characters; ``None``: its key is gone, so the link is void."""
    key = _keys().get(link.key_id)
    return None if key is None else _derive(kind, target, link.generation, key)


def digest(token: str) -> str:
    """Return what a token is found by: its SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def _derive(kind: LinkKind, target: str, generation: int, key: str) -> str:
    named = f"{kind}\n{target}\n{generation}"  # none of them holds a line break
    raw = hmac.new(key.encode(), named.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _keys() -> dict[str, str]:
    """Return the keys by a fingerprint that says nothing about them, the newest first."""
    keys: tuple[str, ...] = settings.LINK_SIGNING_KEYS
    return {hashlib.sha256(b"link:" + key.encode()).hexdigest()[:16]: key for key in keys}
