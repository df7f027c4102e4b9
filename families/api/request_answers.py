"""Token and purchase requests as the answers have them. Source: HTTP contract, section 9."""

from datetime import datetime
from typing import Any

from ops.mongo.collections import Document
from tokens.rules.requests import PURCHASE, RequestStatus, status_at


def token_request(request: Document, now: datetime) -> dict[str, Any]:
    """Return ``TokenRequestAnswer``."""
    status = status_at(request, now)
    return {
        "request_id": request["_id"],
        "family_id": request["family_id"],
        "requester_user_id": request["requester_id"],
        "requester_username": request["requester_name"],
        "from_user_id": request["requester_id"],
        "from_username": request["requester_name"],
        "amount": request["amount"],
        "reason": request["reason"],
        "urgency": request["urgency"],
        "status": str(status),
        "auto_approved": status == RequestStatus.AUTO_APPROVED,
        "created_at": request["created_at"],
        "expires_at": request["expires_at"],
        "reviewed_by": request["reviewed_by"],
        "reviewed_at": request["reviewed_at"],
        "admin_comments": request["comments"],
        "transaction_id": request["transaction"],
    }


def reviewed(request: Document, action: str, now: datetime) -> dict[str, Any]:
    """Return what ``ReviewedAnswer`` has beside the message."""
    moved = request["amount"] if request["transaction"] else 0
    return {
        "action": action,
        "request_id": request["_id"],
        "new_status": request["status"],
        "reviewed_by": request["reviewed_by"],
        "admin_comments": request["comments"],
        "reviewed_at": request["reviewed_at"],
        "processed_at": request["reviewed_at"],
        "amount": request["amount"],
        "requester_user_id": request["requester_id"],
        "transaction_id": request["transaction"],
        "request_data": token_request(request, now) | {"tokens_transferred": moved},
    }


def purchase(request: Document, now: datetime) -> dict[str, Any]:
    """Return ``PurchaseAnswer``."""
    status = status_at(request, now)
    reviewer = request["reviewed_by"] and _person(request["reviewed_by"], request["reviewed_by_name"])
    return {
        "request_id": request["_id"],
        "family_id": request["family_id"],
        "requester_info": _person(request["requester_id"], request["requester_name"]),
        "item_info": {"name": request["item_name"], "link": request["link"]},
        "cost": request["amount"],
        "reason": request["reason"],
        "status": PURCHASE.told(status),
        "created_at": request["created_at"],
        "expires_at": request["expires_at"],
        "reviewed_at": request["reviewed_at"],
        "reviewed_by_info": reviewer,
        "denial_reason": request["comments"],
        "transaction_id": request["transaction"],
    }


def _person(user_id: str, username: str) -> dict[str, str]:
    return {"user_id": user_id, "username": username}
