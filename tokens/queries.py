"""Reads of accounts, and the pieces that other packages' reads join them with."""

from typing import Any


def joined_account(account_id_path: str, *, into: str) -> list[dict[str, Any]]:
    """Return pipeline stages that put the account of ``account_id_path`` into the field ``into``.

    One ``$lookup`` on ``_id`` instead of a second round trip. The server does ``$unwind`` inside it; a
    projection there, or ``$first`` after it, costs it a third more.
    """
    return [
        {
            "$lookup": {
                "from": "sbd_accounts",
                "localField": account_id_path,
                "foreignField": "_id",
                "as": into,
            }
        },
        {"$unwind": {"path": f"${into}", "preserveNullAndEmptyArrays": True}},
    ]
