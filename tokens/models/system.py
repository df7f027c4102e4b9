"""The accounts of the system itself: everybody posts to them, nobody holds them. Migrations open them.

Source: design, section 5.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.migrations.operations.base import Operation

from tokens.rules import DEFAULT_LARGE_TRANSACTION, AccountStatus, OwnerKind

COLLECTION = "sbd_accounts"
# From here tokens come into being; the one account below 0.
ISSUANCE = "system_issuance"
# What is bought is paid to it, unless the setting MERCHANT_ACCOUNT names another.
MERCHANT = "system_merchant"
EVERY = (ISSUANCE, MERCHANT)
ISSUANCE_ID = f"acc_{ISSUANCE}"


def system_account(username: str, *, now: datetime) -> dict[str, Any]:
    """Return the document of a system account; its id is made of its name, so that there is one."""
    return {
        "_id": f"acc_{username}",
        "v": 1,
        "username": username,
        "owner": {"kind": str(OwnerKind.SYSTEM), "id": username, "active": True},
        "status": str(AccountStatus.ACTIVE),
        "freeze": None,
        "balance": 0,
        "seq": 0,
        "last_at": None,
        "version": 1,
        "large_transaction_threshold": DEFAULT_LARGE_TRANSACTION,
        "notification_settings": None,
        "holders": [],
        "created_at": now,
        "updated_at": now,
    }


class OpenSystemAccount(Operation):
    """Migration: open a system account. One that is there stays as it is, also backwards: it has entries."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, username: str) -> None:
        """Take its name."""
        self.username = username

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: the models stay as they are."""

    def database_forwards(self, _app_label: str, editor: Any, _before: Any, _after: Any) -> None:
        """Write it, unless it is there."""
        account = system_account(self.username, now=datetime.now(UTC))
        stored = editor.get_collection(COLLECTION)
        stored.update_one({"_id": account["_id"]}, {"$setOnInsert": account}, upsert=True)

    def database_backwards(self, _app_label: str, editor: Any, _before: Any, _after: Any) -> None:
        """Leave it."""

    def describe(self) -> str:
        """Say what the migration does."""
        return f"Open the account {self.username}"
