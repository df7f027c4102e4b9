"""What an account is and what its holders may do; no database, no clock."""

import re
import unicodedata
from enum import StrEnum

UNLIMITED = -1
# Most tokens of one transaction, and the highest limit.
MOST_TOKENS = 10**12
SLUG_LENGTH = 40
DEFAULT_LARGE_TRANSACTION = 1000
NOTIFICATION_DEFAULTS = {"notify_on_spend": True, "notify_on_deposit": True, "notify_admins_only": False}


class Kind(StrEnum):
    """What a transaction is. Source: HTTP contract, section 8 (entry types)."""

    TRANSFER = "transfer"
    SEND = "send"
    CONTRIBUTION = "contribution"
    TOKEN_REQUEST = "token_request"  # noqa: S105  # the name of a kind
    PURCHASE = "purchase"
    ALLOWANCE = "allowance"
    PAYOUT = "payout"
    ISSUANCE = "issuance"
    REVERSAL = "reversal"


class AccountStatus(StrEnum):
    """States of an account. Source: HTTP contract, section 17."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


class OwnerKind(StrEnum):
    """What sort of owner an account has."""

    USER = "user"
    FAMILY = "family"
    SYSTEM = "system"


class HolderRole(StrEnum):
    """What a holder is to the account. Source: HTTP contract, section 8 (roles)."""

    MANAGER = "manager"
    SPENDER = "spender"
    VIEWER = "viewer"


def account_name_of(family_name: str) -> str:
    """Return the account name of a family: ``family_`` and a slug; ends with ``_`` if nothing is left.

    Source: HTTP contract, section 4 (account name).
    """
    plain = unicodedata.normalize("NFKD", family_name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:SLUG_LENGTH].rstrip("_")
    return f"family_{slug}"
