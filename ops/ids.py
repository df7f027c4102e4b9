"""Identifiers: a prefix that tells the kind, and a random part that nobody can guess.

Source: HTTP contract, section 1.1; design, section 4.
"""

import secrets
from collections.abc import Callable
from functools import partial

RANDOM_BYTES = 15  # 120 bits; the design asks for at least 96


def new_id(prefix: str) -> str:
    """Return a fresh id, for example ``fam_3f0c…``: prefix, ``_``, 30 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(RANDOM_BYTES)}"


def ids(prefix: str) -> Callable[[], str]:
    """Return the default of a model's ``_id``; a partial, so that migrations can write it down."""
    return partial(new_id, prefix)
