"""What tokens keep about people; for ``manage.py export_person``."""

from ops.personal import Kept, Person, register
from tokens import queries
from tokens.rules import OwnerKind

ASKED = (
    "family_id",
    "amount",
    "status",
    "created_at",
    "expires_at",
    "ended_at",
    "reviewed_at",
    "transaction",
)
DUE = ("family_id", "recipient_id", "amount", "status")


def enter() -> None:
    """Enter the collections."""
    register(*_LEDGER, *_ASKED, *_ALLOWANCES)


def _accounts(person: Person) -> dict[str, object]:
    own = {"owner.kind": str(OwnerKind.USER), "owner.id": person.id}
    return {"$or": [own, {"holders.user_id": person.id}]}


def _requests(person: Person) -> dict[str, object]:
    return {"$or": [{"requester_id": person.id}, {"reviewed_by": person.id}]}


def _allowances(person: Person) -> dict[str, object]:
    return {"$or": [{"recipient_id": person.id}, {"created_by": person.id}]}


_LEDGER = (
    Kept("sbd_accounts", _accounts, ("username", "owner", "status", "balance", "created_at"), ("holders",)),
    Kept(
        "sbd_transactions",
        lambda person: {"actor": person.id},
        ("kind", "postings", "actor", "note", "at"),
    ),
    Kept(
        queries.ENTRIES,
        lambda person: {"people": person.id},
        ("account", "kind", "amount", "transaction", "at"),
        written=("note",),
        author="actor.user_id",
    ),
    Kept(
        "issuances",
        lambda person: {"$or": [{"asked_by": person.id}, {"decided_by": person.id}]},
        ("amount", "status", "asked_by", "asked_at", "decided_by", "decided_at", "transaction"),
        written=("reason",),
        author="asked_by",
    ),
)
_ASKED = (
    Kept(
        "token_requests",
        _requests,
        (*ASKED, "urgency", "requester_id", "reviewed_by"),
        written=("reason",),
        author="requester_id",
    ),
    Kept(
        "purchase_requests",
        _requests,
        (*ASKED, "requester_id", "reviewed_by"),
        written=("reason", "item_name", "link"),
        author="requester_id",
    ),
)
_ALLOWANCES = (
    Kept("allowances", _allowances, (*DUE, "frequency", "created_by", "created_at", "stopped_at")),
    Kept(
        "allowance_payments",
        lambda person: {"recipient_id": person.id},
        (*DUE, "period", "transaction", "obstacle", "at"),
    ),
)
