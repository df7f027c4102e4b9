"""The floor of payments and statements: the same commands in one transaction, and nothing around them."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import AsyncMongoClient, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

DOUBLE_CLICK = timedelta(seconds=10)
PAGE = 11  # the page, and whether there is more
Document = dict[str, Any]


async def statement(database: Any, user_id: str) -> list[Document]:
    """Return the newest entries of somebody's account."""
    account = await database["sbd_accounts"].find_one({"owner.id": user_id, "owner.kind": "user"})
    found = database["sbd_entries"].find({"account": account["_id"]}).sort([("at", -1), ("_id", -1)])
    return [each async for each in found.limit(PAGE)]


async def send(client: AsyncMongoClient[Document], database: Any, user_id: str, body: Document) -> Document:
    """Pay, in one transaction that is repeated as long as others are quicker."""

    async def act(session: AsyncClientSession) -> Document:
        return await _pay(database, session, user_id, body["to_user"], body["amount"])

    async with client.start_session() as session:
        return await session.with_transaction(
            act, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
        )


async def _pay(
    database: Any, session: AsyncClientSession, user_id: str, to_user: str, amount: int
) -> Document:
    now, transaction_id = datetime.now(UTC), f"txn_{secrets.token_hex(15)}"
    either = {"$or": [{"owner.id": user_id, "owner.kind": "user"}, {"username": to_user}]}
    found = [each async for each in database["sbd_accounts"].find(either, session=session).limit(2)]
    payer, recipient = sorted(found, key=lambda each: each["owner"]["id"] != user_id)
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
    transaction = {"_id": transaction_id, "v": 1, "kind": "send", "postings": postings, "actor": user_id}
    transaction |= {"actor_name": payer["username"], "note": None, "at": now}
    await database["sbd_transactions"].insert_one(transaction, session=session)
    entries = [_entry(account, each, transaction) for account, each in moves]
    await database["sbd_entries"].insert_many(entries, session=session)
    await _tell(database, session, recipient, transaction)
    return {"transaction_id": transaction_id, "balance_after": payer["balance"] - amount}


async def _tell(database: Any, session: AsyncClientSession, recipient: Document, paid: Document) -> None:
    told = {"_id": recipient["owner"]["id"]}
    await database["users"].find_one(told, {"email": 1, "email_confirmed_at": 1}, session=session)
    notice = {"_id": f"ntf_{secrets.token_hex(15)}", "v": 1, "user_id": told["_id"], "family_id": None}
    notice |= {"type": "direct_token_transfer_received", "created_at": paid["at"], "status": "unread"}
    await database["notifications"].insert_one(notice, session=session)
    entry = {"_id": f"aud_{secrets.token_hex(15)}", "v": 1, "actor": paid["actor"], "action": "tokens.paid"}
    entry |= {"target": paid["_id"], "at": paid["at"], "after": {"postings": paid["postings"]}}
    await database["audit_log"].insert_one(entry, session=session)


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
