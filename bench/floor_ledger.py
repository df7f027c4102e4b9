"""The floor of payments and statements: the same commands in one transaction, and nothing around them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import UpdateOne

from bench.floor_units import Client, Document, Session, audited, family_of, in_unit, new, told

DOUBLE_CLICK = timedelta(seconds=10)
PAGE = 11  # the page, and whether there is more


async def statement(database: Any, user_id: str) -> list[Document]:
    """Return the newest entries of somebody's account."""
    account = await database["sbd_accounts"].find_one({"owner.id": user_id, "owner.kind": "user"})
    found = database["sbd_entries"].find({"account": account["_id"]}).sort([("at", -1), ("_id", -1)])
    return [each async for each in found.limit(PAGE)]


async def send(client: Client, database: Any, user_id: str, body: Document) -> Document:
    """Pay from one's own account, in one transaction."""

    async def act(session: Session) -> Document:
        either = {"$or": [{"owner.id": user_id, "owner.kind": "user"}, {"username": body["to_user"]}]}
        found = [each async for each in database["sbd_accounts"].find(either, session=session).limit(2)]
        payer, recipient = sorted(found, key=lambda each: each["owner"]["id"] != user_id)
        paid = await _pay(database, session, (payer, recipient), user_id, body["amount"])
        await _tell(database, session, recipient, paid)
        return {"transaction_id": paid["_id"], "balance_after": payer["balance"] - body["amount"]}

    return await in_unit(client, act)


async def transfer(client: Client, database: Any, user_id: str, family_id: str, body: Document) -> Document:
    """Pay from a family's account, in one transaction."""

    async def act(session: Session) -> Document:
        payer = (await family_of(database, family_id, user_id, session))["account"]
        named = {"username": body["recipient_identifier"], "owner.kind": "user"}
        recipient = await database["sbd_accounts"].find_one(named, session=session)
        paid = await _pay(database, session, (payer, recipient), user_id, body["amount"])
        both = [user_id, recipient["owner"]["id"]]
        await told(database, session, "sbd_spend", both, created_at=paid["at"])
        await _audit(database, session, paid)
        return {"transaction_id": paid["_id"], "balance_after": payer["balance"] - body["amount"]}

    return await in_unit(client, act)


async def _pay(
    database: Any, session: Session, between: tuple[Document, Document], user_id: str, amount: int
) -> Document:
    """Move the tokens from one account to another; returns the transaction."""
    payer, recipient = between
    now = datetime.now(UTC)
    same = {"$elemMatch": {"account": recipient["_id"], "amount": amount}}
    lately = {"actor": user_id, "at": {"$gt": now - DOUBLE_CLICK}, "postings": same}
    await database["sbd_transactions"].find_one(lately, {"_id": 1}, session=session)
    moves = [(payer, -amount), (recipient, amount)]
    changes = [
        UpdateOne(
            {"_id": account["_id"], "seq": account["seq"]},
            {"$set": {"balance": account["balance"] + each, "seq": account["seq"] + 1, "last_at": now}},
        )
        for account, each in moves
    ]
    await database["sbd_accounts"].bulk_write(changes, session=session)
    postings = [{"account": account["_id"], "amount": each} for account, each in moves]
    transaction = {"_id": new("txn"), "v": 1, "kind": "send", "postings": postings, "actor": user_id}
    transaction |= {"actor_name": payer["username"], "note": None, "at": now}
    await database["sbd_transactions"].insert_one(transaction, session=session)
    entries = [_entry(account, each, transaction) for account, each in moves]
    await database["sbd_entries"].insert_many(entries, session=session)
    return transaction


async def _tell(database: Any, session: Session, recipient: Document, paid: Document) -> None:
    told_of = {"_id": recipient["owner"]["id"]}
    await database["users"].find_one(told_of, {"email": 1, "email_confirmed_at": 1}, session=session)
    notice = {"_id": new("ntf"), "v": 1, "user_id": told_of["_id"], "family_id": None}
    notice |= {"type": "direct_token_transfer_received", "created_at": paid["at"], "status": "unread"}
    await database["notifications"].insert_one(notice, session=session)
    await _audit(database, session, paid)


async def _audit(database: Any, session: Session, paid: Document) -> None:
    after = {"postings": paid["postings"]}
    more = {"actor": paid["actor"], "at": paid["at"], "after": after}
    await audited(database, session, "tokens.paid", paid["_id"], **more)


def _entry(account: Document, amount: int, transaction: Document) -> Document:
    seq = account["seq"] + 1
    return {
        "_id": f"{account['_id']}:{seq:012}",
        "v": 1,
        "account": account["_id"],
        "seq": seq,
        "kind": "send",
        "amount": amount,
        "balance_after": account["balance"] + amount,
        "transaction": transaction["_id"],
        "username": account["username"],
        "other": {"account": transaction["_id"], "username": account["username"]},
        "actor": {"user_id": transaction["actor"], "username": transaction["actor_name"]},
        "people": [transaction["actor"]],
        "note": None,
        "related": None,
        "at": transaction["at"],
    }
