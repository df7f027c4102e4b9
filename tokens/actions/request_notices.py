"""Telling people of requests. Each is part of the unit of the change. Source: HTTP contract, section 12."""

from datetime import datetime

from ops import notices
from ops.mongo.collections import Document
from ops.notices import Notice
from tokens.actions import telling
from tokens.rules.requests import TOKENS, Sort

# Who approves what nobody looked at, as people are told.
BY_ITSELF = "the family's threshold"


def tell_of_request(sort: Sort, account: Document, request: Document, *, now: datetime) -> None:
    """Tell those who decide that somebody asks for something; not whoever asks, if they are one of them."""
    deciding = [each for each in telling.managers(account) if each != request["requester_id"]]
    data = _data(account, request)
    notices.tell_each([Notice(deciding, f"{sort.name}_created", data, request["family_id"])], now=now)


def tell_of_decision(  # noqa: PLR0913  # who decided what on which
    sort: Sort, what: str, account: Document, request: Document, *, by: str, now: datetime
) -> None:
    """Tell who asked that it was ``approved`` or ``denied``, by mail too; of tokens also who could decide."""
    told = [_of_end(sort, what, account, request, by=by)]
    if sort == TOKENS and request["transaction"]:
        told.append(_notice("token_transfer_completed", account, request, by=by))
    notices.tell_each(told, now=now)


def of_expiry(sort: Sort, account: Document, request: Document) -> Notice:
    """Return the notice for a request that nobody decided on in time."""
    return _of_end(sort, "expired", account, request, by="")


def _of_end(sort: Sort, what: str, account: Document, request: Document, *, by: str) -> Notice:
    return _notice(f"{sort.name}_{what}", account, request, by=by, others=sort == TOKENS)


def _notice(name: str, account: Document, request: Document, *, by: str, others: bool = True) -> Notice:
    requester = request["requester_id"]
    known = {requester, request["reviewed_by"]}
    people = [each for each in telling.managers(account) if others and each not in known]
    data = _data(account, request) | {"by": by, "transaction_id": request["transaction"] or ""}
    return Notice([requester, *people], name, data, request["family_id"], mail_to=[requester])


def _data(account: Document, request: Document) -> dict[str, str]:
    return {
        "who": request["requester_name"],
        "user_id": request["requester_id"],
        "amount": f"{request['amount']:,}",
        "account": account["username"],
        "request_id": request["_id"],
        "item": request.get("item_name", ""),
    }
