"""What was paid in a family, and what was asked for."""

from datetime import datetime, timedelta

from families.bulk.household import Household
from ops.actors import Actor, ActorKind
from ops.mongo.collections import Document
from tokens.actions.drafting import Book, Move
from tokens.rules import Kind
from tokens.rules.requests import PURCHASE_LIFE, RequestStatus, Urgency

ISSUER = Actor.system("bulk")
REQUEST_LIFE = timedelta(hours=168)
# One family in so many has a request that was decided or waits, and one of something to buy.
REQUESTS, PURCHASES = 4, 12
LEAST, MOST = 200, 2000
NOTES = ("For the week", "School trip", "Birthday", "Groceries", "Well done", "Bus fare", None, None)
ITEMS = ("A bicycle lamp", "Running shoes", "A paint box", "Headphones", "A rucksack")
ENDED = (RequestStatus.DENIED, RequestStatus.CANCELLED)


def post_all(made: Household, book: Book) -> Document:
    """Put tokens on the family's account, and move them to and fro; returns the issuance."""
    moments = sorted(made.since(made.family["updated_at"]) for _ in range(made.plan.entries))
    issuance = book.issue(
        made.account,
        made.lots.randrange(LEAST, MOST),
        actor=ISSUER,
        now=moments[0],
        issuance_id=made.id_of("iss"),
        transaction_id=made.id_of("txn"),
    )
    for part, moment in enumerate(moments[1:], start=1):
        _pay(made, book, made.id_of("txn", part), moment)
    return issuance


def _pay(made: Household, book: Book, transaction_id: str, now: datetime) -> None:
    """Move tokens from the family to one of its people, or back."""
    lots, part = made.lots, made.lots.randrange(len(made.users))
    back = made.personal[part]["balance"] > 1 and lots.randrange(3) == 0
    if not made.account["balance"]:  # all of it is with its people
        back, part = True, max(range(len(made.users)), key=lambda each: made.personal[each]["balance"])
    user, own = made.users[part], made.personal[part]
    payer, recipient = (own, made.account) if back else (made.account, own)
    amount = lots.randint(1, max(1, payer["balance"] // 4))
    moved = Move(Kind.CONTRIBUTION if back else Kind.TRANSFER, amount, note=lots.choice(NOTES))
    actor = _as(user if back else made.founder)
    book.move(payer, recipient, moved, actor=actor, now=now, transaction_id=transaction_id)


def token_requests(made: Household) -> list[Document]:
    """Return what somebody has asked the family's account for."""
    if made.lots.randrange(REQUESTS):
        return []
    details = {"urgency": str(made.lots.choice(list(Urgency))), "waits": None}
    return [_request(made, "req", REQUEST_LIFE, made.lots.choice(NOTES) or "For books") | details]


def purchase_requests(made: Household) -> list[Document]:
    """Return what somebody wants to be bought."""
    if made.lots.randrange(PURCHASES):
        return []
    details = {"item_name": made.lots.choice(ITEMS), "link": None}
    return [_request(made, "pr", PURCHASE_LIFE, "The old one is broken") | details]


def _request(made: Household, prefix: str, life: timedelta, reason: str) -> Document:
    """Return a request that has ended, or waits still and has some time left."""
    lots, now = made.lots, made.plan.now
    created_at = made.since(made.family["updated_at"])
    user = made.users[-1]
    waits = created_at > now - life / 2
    # None has expired before its time.
    ends = (*ENDED, RequestStatus.EXPIRED) if created_at + life <= now else ENDED
    status = RequestStatus.PENDING if waits else lots.choice(ends)
    reviewed = status == RequestStatus.DENIED
    ended_at = None if waits else created_at + life * (1 if status == RequestStatus.EXPIRED else 0.4)
    return {
        "_id": made.id_of(prefix),
        "v": 1,
        "account": made.account["_id"],
        "family_id": made.family["_id"],
        "requester_id": user["_id"],
        "requester_name": user["username"],
        "amount": lots.randint(1, LEAST),
        "reason": reason,
        "status": str(status),
        "created_at": created_at,
        "expires_at": created_at + life,
        "ended_at": ended_at,
        "reviewed_by": made.founder["_id"] if reviewed else None,
        "reviewed_by_name": made.founder["username"] if reviewed else None,
        "reviewed_at": ended_at if reviewed else None,
        "comments": "Not this month." if reviewed else None,
        "transaction": None,
    }


def _as(user: Document) -> Actor:
    return Actor(ActorKind.USER, user["_id"], user["username"])
