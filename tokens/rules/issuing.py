"""Issuing tokens: how an issuance stands, and whose hands it may not be in. No database, no clock.

Source: HTTP contract, sections 8 (issued and reversed) and 18 (rule 13).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

MOST = 10**12


class IssuanceStatus(StrEnum):
    """States of an issuance; all but the first are final."""

    PENDING = "pending"  # waits for a second person
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"


def is_amount(amount: int) -> bool:
    """Tell whether it is a number of tokens that can be moved at once."""
    return 1 <= amount <= MOST


def needs_second_person(amount: int, *, alone_up_to: int) -> bool:
    """Tell whether one person is too few for so many tokens."""
    return amount > alone_up_to


def is_own(account: Mapping[str, Any], actor_id: str) -> bool:
    """Tell whether an account is somebody's own: they own it, or hold a part of it."""
    owner = account["owner"]["id"]
    return actor_id == owner or any(each["user_id"] == actor_id for each in account["holders"])
