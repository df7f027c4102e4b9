"""The chain of audit entries: what of an entry is sealed, and how. No database, no clock.

An entry's *form* is what JSON can say of it: a time is ``{"$date": "2026-11-26T09:30:00.000Z"}``, what JSON
has no word for ``{"$other": [type, text]}``, and a name that begins with ``$`` gets another one, so that no
two values have one form. The *text* of a form is its JSON without spaces, names in order, all but ASCII
escaped.

A *keyed digest* is HMAC-SHA-256 over a word that says what it is of, a line feed, and the text. An entry's
``hash`` is of all of it but ``hash`` and ``private``; so also of ``seq``, of the ``hash`` of the entry before
(``previous``), and of ``private_digest``, which is of the id and ``private``. So personal data can be
blanked, and what is there unblanked is proven all the same.

Source: design, section 5; HTTP contract, section 13. ``docs/audit.md`` says the same to others, and
``clients/verify_audit_export.py`` does it without this.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

Form: TypeAlias = Mapping[str, Any]

# What the first entry has for the hash of the one before.
GENESIS = "0" * 64
DATE, OTHER = "$date", "$other"
ENTRY, PRIVATE, HEAD, EXPORT = "entry", "private", "head", "export"
BLANK: Form = {}


class Key(NamedTuple):
    """A key, and the fingerprint by which entries name it."""

    id: str
    secret: bytes


Keys: TypeAlias = Mapping[str, Key]


class Place(NamedTuple):
    """Where an entry stands.

    Attributes:
        seq: its number in the whole chain, from 1.
        previous: the hash of the entry before.
        family_seq: its number among those of its family; ``None``: it concerns none.
    """

    seq: int
    previous: str
    family_seq: int | None


def key_of(secret: str) -> Key:
    """Return a key of the settings with its fingerprint, which says nothing about it."""
    return Key(hashlib.sha256(b"kid:" + secret.encode()).hexdigest()[:16], secret.encode())


def form_of(value: Any) -> Any:
    """Return what JSON can say of a stored value."""
    if value is None or type(value) is str or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, datetime):
        return {DATE: value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    if isinstance(value, Mapping):
        return {f"${name}" if name.startswith("$") else name: form_of(each) for name, each in value.items()}
    if isinstance(value, list):
        return [form_of(each) for each in value]
    return {OTHER: [type(value).__name__, repr(value)]}


def text_of(form: Any) -> bytes:
    """Return the one text of a form."""
    return json.dumps(form, sort_keys=True, separators=(",", ":")).encode()


def seal(document: Mapping[str, Any], place: Place, key: Key, *, now: datetime) -> dict[str, Any]:
    """Return the fields that seal an entry at its place."""
    fields = {
        **place._asdict(),
        "sealed_at": now,
        "key_id": key.id,
        "private_digest": private_digest(form_of(document), key),
    }
    return fields | {"hash": hash_of(form_of({**document, **fields}), key)}


def hash_of(entry: Form, key: Key) -> str:
    """Return the hash that an entry of this form must have."""
    return _digest(key, ENTRY, {name: each for name, each in entry.items() if name not in {"hash", PRIVATE}})


def private_digest(entry: Form, key: Key) -> str:
    """Return the keyed digest of an entry's private part; of two equal ones it differs."""
    return _digest(key, PRIVATE, [entry.get("_id"), entry.get(PRIVATE)])


def is_private_whole(entry: Form, key: Key) -> bool:
    """Tell whether the private part is as it was sealed, or blank."""
    return entry.get(PRIVATE) == BLANK or private_digest(entry, key) == entry.get("private_digest")


def is_blanked(entry: Form, key: Key) -> bool:
    """Tell whether there was something in the private part that is blanked now."""
    return entry.get(PRIVATE) == BLANK and private_digest(entry, key) != entry.get("private_digest")


def key_for(entry: Form, keys: Keys) -> Key | None:
    """Return the key that sealed it; ``None``: it names none that we have."""
    named = entry.get("key_id")
    return keys.get(named) if isinstance(named, str) else None


def number_of(value: Any) -> int | None:
    """Return a number in the chain; ``None``: this is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def head(name: str, place: tuple[int, str], key: Key) -> dict[str, Any]:
    """Return what is kept, apart from the chain, of where it ends.

    Args:
        name: of the whole chain, or a family's id.
        place: number and hash of the last entry.
        key: seals it: who has no key can neither make one up nor take one from an entry further up.
    """
    fields = {"_id": name, "seq": place[0], "hash": place[1], "key_id": key.id}
    return fields | {"mac": _digest(key, HEAD, fields)}


def is_head_sound(stored: Form, keys: Keys) -> bool:
    """Tell whether this is a head as it was written."""
    key = key_for(stored, keys)
    fields = {name: stored.get(name) for name in ("_id", "seq", "hash", "key_id")}
    return key is not None and _digest(key, HEAD, fields) == stored.get("mac")


def signed(export: Form, key: Key) -> dict[str, Any]:
    """Return the first line of an export, so that none of it can be changed or left out."""
    fields = {**export, "key_id": key.id}
    return fields | {"mac": _digest(key, EXPORT, fields)}


def _digest(key: Key, what: str, form: Any) -> str:
    return hmac.new(key.secret, what.encode() + b"\n" + text_of(form), hashlib.sha256).hexdigest()
