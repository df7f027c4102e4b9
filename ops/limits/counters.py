"""The counters in Redis, to be looked at and cleared by people; ``ops.limits.store`` counts in them.

Found by ``SCAN``, which holds nobody up, and removed by ``UNLINK`` in portions. Every function raises
``RedisError`` when Redis is away.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ops.limits.store import PREFIX, client
from ops.limits.table import Key

# Keys that one step of a search looks at, and that one command removes.
STEP = 1000
# Whoever guesses at sign-ins is counted here: cleared only when that is said.
SIGN_IN = frozenset({"login", "login_2fa", "register", "refresh", "password_forgot", "verify_resend"})
LATEST = 11  # digits of a Unix second; with more it lies beyond all years that there are
NO_END, GONE = -1, -2  # what Redis says in place of the seconds that a key has left
_GLOB = re.compile(r"([*?\[\]\\^-])")


class Counter(NamedTuple):
    """How often somebody did something in a window.

    ``ends_at``: the window's end, as a Unix second; ``ttl``: seconds that Redis keeps it, ``None``: for ever.
    """

    operation: str
    calls: int
    ends_at: int
    ttl: int | None


class Name(NamedTuple):
    """What the key of a counter says."""

    subject: str
    operation: str
    ends_at: int


def name_of(key: bytes) -> Name | None:
    """Return what a key says; ``None``: it is not a counter's. An address may hold colons itself."""
    text = key.decode(errors="replace")
    parts = text.removeprefix(PREFIX).rsplit(":", 2)
    if not text.startswith(PREFIX) or len(parts) != len(Name._fields):
        return None
    if not parts[2].isdecimal() or len(parts[2]) > LATEST:
        return None
    return Name(parts[0], parts[1], int(parts[2]))


def of_user(user_id: str) -> list[Counter]:
    """Return a user's counters, in the order of their operations."""
    return sorted(each for keys in _portions(_keys_of(user_id)) for each in _read(keys))


def clearable(user_id: str | None, *, sign_in: bool) -> list[bytes]:
    """Return the keys of counters that may be cleared.

    Args:
        user_id: whose; ``None``: everybody's.
        sign_in: those of signing in as well.
    """
    keys = _keys(f"{PREFIX}*") if user_id is None else _keys_of(user_id)
    return [key for key in keys if sign_in or not _is_of_sign_in(key)]


def remove(keys: Sequence[bytes]) -> int:
    """Remove counters; returns how many there still were."""
    return sum(int(client().unlink(*portion)) for portion in _portions(keys))


def _is_of_sign_in(key: bytes) -> bool:
    name = name_of(key)
    return name is not None and name.operation in SIGN_IN


def _keys_of(user_id: str) -> list[bytes]:
    bare = _GLOB.sub(r"\\\1", user_id)
    return _keys(f"{PREFIX}{Key.USER}:{bare}:*")


def _keys(pattern: str) -> list[bytes]:
    """Return each key once; a search may come upon one twice."""
    return list(dict.fromkeys(client().scan_iter(match=pattern, count=STEP)))


def _portions(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + STEP] for start in range(0, len(keys), STEP))


def _read(keys: Sequence[bytes]) -> Iterator[Counter]:
    pipe = client().pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
        pipe.ttl(key)
    answers = pipe.execute(raise_on_error=False)
    for key, count, ttl in zip(keys, answers[::2], answers[1::2], strict=True):
        name = name_of(key)
        # A value of another kind is an error in its place, and no counter.
        if name and isinstance(count, bytes) and count.isdigit() and ttl != GONE:
            yield Counter(name.operation, int(count), name.ends_at, None if ttl == NO_END else ttl)
