"""What else than a mail of our own proves that somebody reads an address: others say so here.

Source: design, section 3; HTTP contract, section 18 (rule 14).
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

# Returns the address, folded, to which a token was mailed, and to nobody else; ``None``: to none.
Proof: TypeAlias = Callable[[str, datetime], str | None]

_proofs: list[Proof] = []


def register(proof: Proof) -> None:
    """Enter a way to prove an address; called by an app when it is ready."""
    _proofs.append(proof)


def proven_address(token: str, *, now: datetime) -> str | None:
    """Return the address that a token proves; ``None``: none."""
    return next((address for proof in _proofs if (address := proof(token, now))), None)
