"""Reads of accounts, and the pieces that other packages' reads join them with."""

from typing import Any

# What a family's reads need of its account.
ACCOUNT_FIELDS = ("username", "balance", "status", "freeze", "holders", "version", "seq")


def joined_account(account_id_path: str, *, into: str) -> list[dict[str, Any]]:
    """Return pipeline stages that put the account of ``account_id_path`` into the field ``into``.

    One ``$lookup`` on ``_id`` instead of a second round trip.
    """
    return [
        {
            "$lookup": {
                "from": "sbd_accounts",
                "localField": account_id_path,
                "foreignField": "_id",
                "pipeline": [{"$project": dict.fromkeys(ACCOUNT_FIELDS, 1)}],
                "as": into,
            }
        },
        {"$set": {into: {"$first": f"${into}"}}},
    ]
