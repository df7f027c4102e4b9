"""What tokens tell on the console's front page."""

from datetime import datetime

from ops.front import attention, series
from ops.front.attention import Attention, of
from ops.front.series import Series
from ops.front.where import list_of, page
from tokens.actions import checking
from tokens.rules import AccountStatus
from tokens.rules.issuing import IssuanceStatus
from tokens.rules.requests import PURCHASE, TOKENS, RequestStatus, Sort

MOVED, ASKED = "tokens.view_sbdtransaction", "tokens.view_tokenrequest"


def enter() -> None:
    """Register it."""
    attention.register(
        Attention("ledger_breaches", "breaches of the ledger", "ops.view_health", _breaches, page("health"))
    )
    attention.register(
        _in_status(
            "frozen_accounts", "frozen accounts", "sbdaccount", "sbd_accounts", str(AccountStatus.FROZEN)
        )
    )
    attention.register(
        _in_status(
            "issuances", "issuances to be confirmed", "issuance", "issuances", str(IssuanceStatus.PENDING)
        )
    )
    for sort, words in ((TOKENS, "token requests"), (PURCHASE, "purchase requests")):
        attention.register(_overdue(sort, words))
    moved, asked = "tokens.sbdtransaction", "tokens.tokenrequest"
    series.register(
        Series("moved", "transactions", MOVED, "sbd_transactions", "at", moved),
        Series("asked", "requests for tokens", ASKED, TOKENS.collection, "created_at", asked),
    )


def _breaches(_now: datetime) -> int:
    last = checking.standing().last
    return sum(last["broken"].values()) if last else 0


def _in_status(key: str, label: str, model: str, name: str, status: str) -> Attention:
    count = of(name, lambda _now: {"status": status})
    return Attention(key, label, f"tokens.view_{model}", count, list_of(f"tokens.{model}", status=status))


def _overdue(sort: Sort, words: str) -> Attention:
    model = sort.name.replace("_", "")
    pending = str(RequestStatus.PENDING)
    count = of(sort.collection, lambda now: {"status": pending, "expires_at": {"$lte": now}})
    where = list_of(f"tokens.{model}", expires="overdue")
    return Attention(f"overdue_{sort.name}s", f"overdue {words}", f"tokens.view_{model}", count, where)
