"""Requests: for tokens of an account, or to buy something of them. No database, no clock.

How one stands, who decides on it, and what is approved by itself. Source: HTTP contract, sections 9 and 17.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ops.errors import DomainError, Fault
from tokens.errors import PurchaseRequestNotFoundError, TokenRequestNotFoundError
from tokens.rules import AccountStatus, Kind
from tokens.rules.spending import Question, decide_grant

Request = Mapping[str, Any]
PURCHASE_LIFE = timedelta(hours=168)


class RequestStatus(StrEnum):
    """States of a request; all but the first are final."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    AUTO_APPROVED = "auto_approved"  # from its first moment on; only requests for tokens


class Urgency(StrEnum):
    """How soon somebody needs the tokens."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Sort(NamedTuple):
    """A sort of requests.

    Attributes:
        name: what audit actions, notices and what is paid for are called by.
        prefix: what its ids begin with.
        kind: of the transaction that pays it.
        unknown: the refusal where there is none, or none any more.
    """

    name: str
    prefix: str
    kind: Kind
    unknown: type[DomainError]

    @property
    def collection(self) -> str:
        """Where they are kept."""
        return f"{self.name}s"

    def told(self, status: RequestStatus) -> str:
        """Return a status as clients know it: of purchases in upper case."""
        return status.upper() if self.kind == Kind.PURCHASE else str(status)


TOKENS = Sort("token_request", "req", Kind.TOKEN_REQUEST, TokenRequestNotFoundError)
PURCHASE = Sort("purchase_request", "pr", Kind.PURCHASE, PurchaseRequestNotFoundError)
SORTS = (TOKENS, PURCHASE)


class Waiting(StrEnum):
    """Why a request waits for an admin and is not approved by itself; the first that holds is told."""

    OFF = "threshold_off"
    ABOVE = "above_threshold"
    NOT_ACTIVE = "account_not_active"
    SHORT = "balance_short"
    CAP = "daily_cap_used"


class Policy(NamedTuple):
    """What is approved by itself: up to how many tokens at once (0: nothing), and of one person in a day."""

    threshold: int
    daily_cap: int


def status_at(request: Request, now: datetime) -> RequestStatus:
    """Return how a request stands at a moment: expired from the very second on, marked or not."""
    status = RequestStatus(request["status"])
    overdue = status == RequestStatus.PENDING and now >= request["expires_at"]
    return RequestStatus.EXPIRED if overdue else status


def is_over(request: Request, now: datetime) -> bool:
    """Tell whether time has ended a request that nobody decided on: it is as unknown as any other then."""
    return status_at(request, now) == RequestStatus.EXPIRED and now >= request["expires_at"]


def is_self_approval(request: Request, reviewer_id: str, working: Collection[str]) -> bool:
    """Tell whether somebody would approve what they asked for while another admin can work.

    ``working``: ids of the admins who can sign in.
    """
    return request["requester_id"] == reviewer_id and any(each != reviewer_id for each in working)


def refusal_to_auto_approve(
    account: Mapping[str, Any], amount: int, policy: Policy, approved_today: int
) -> Waiting | None:
    """Say why a request waits for an admin; ``None``: it is approved by itself.

    Args:
        account: of which the tokens are asked for.
        amount: how many.
        policy: what its family has set.
        approved_today: how many were approved by themselves for the same person on this day, in UTC.
    """
    if policy.threshold == 0:
        return Waiting.OFF
    if amount > policy.threshold:
        return Waiting.ABOVE
    refusal = decide_grant(account, amount).refusal
    if refusal is not None:
        return Waiting.NOT_ACTIVE if refusal.question == Question.STATE else Waiting.SHORT
    return Waiting.CAP if approved_today + amount > policy.daily_cap else None


def sentence(waits: Mapping[str, Any], amount: int) -> str:
    """Return in words why a request of so many tokens waits, from what was kept with it."""
    match Waiting(waits["because"]):
        case Waiting.OFF:
            return "The family approves nothing by itself: its threshold is 0."
        case Waiting.ABOVE:
            return f"{amount:,} is above the family's threshold of {waits['threshold']:,}."
        case Waiting.NOT_ACTIVE:
            return f"The account was {waits['status']}, not {AccountStatus.ACTIVE}."
        case Waiting.SHORT:
            return f"There were {waits['balance']:,} tokens on the account, too few for {amount:,}."
        case Waiting.CAP:
            used = f"{waits['approved_today']:,} of {waits['daily_cap']:,}"
            return f"{used} a day were approved by themselves already; with {amount:,} it would be more."


def link_fault(text: str) -> Fault | None:
    """Say why a text is no link to what is to be bought; ``None``: it is one. It is never fetched."""
    fault = Fault("invalid_format", "A link that begins with https:// and names a host is needed.")
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return fault
    bare = text.isprintable() and not any(each.isspace() or each in '<>"\\' for each in text)
    return None if bare and parts.scheme == "https" and host and "@" not in parts.netloc else fault


def host_of(link: str) -> str:
    """Return the host of a link that was taken."""
    return str(urlsplit(link).hostname)
