"""One transaction of the floor, as the driver itself repeats it."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

T = TypeVar("T")
Document = dict[str, Any]
Client = AsyncMongoClient[Document]
Session = AsyncClientSession
# The caller's family with its account, as both sides read it.
JOINED = {"from": "sbd_accounts", "localField": "account_id", "foreignField": "_id", "as": "account"}


async def in_unit(client: Client, act: Callable[[Session], Awaitable[T]]) -> T:
    """Run a unit in a transaction that is repeated as long as others are quicker."""
    async with client.start_session() as session:
        return await session.with_transaction(
            act, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
        )


async def family_of(database: Any, family_id: str, user_id: str, session: Session | None = None) -> Document:
    """Return a family with its account."""
    match = {"_id": family_id, "members.user_id": user_id, "status": "active"}
    stages = [{"$match": match}, {"$limit": 1}, {"$lookup": JOINED}, {"$unwind": "$account"}]
    cursor = await database["families"].aggregate(stages, session=session)
    (found,) = [each async for each in cursor]
    return dict(found)


async def audited(database: Any, session: Session, action: str, target: str, **more: Any) -> None:
    """Insert an audit entry."""
    entry = {"_id": new("aud"), "v": 1, "action": action, "target": target, **more}
    await database["audit_log"].insert_one(entry, session=session)


async def told(database: Any, session: Session, kind: str, user_ids: list[str], **more: Any) -> None:
    """Look up how users want to be told, and insert a notice for each."""
    stages = [
        {"$match": {"_id": {"$in": user_ids}}},
        {"$limit": len(user_ids)},
        {"$project": {"email": 1, "email_confirmed_at": 1}},
        {
            "$lookup": {
                "from": "family_people",
                "localField": "_id",
                "foreignField": "_id",
                "as": "person",
            }
        },
    ]
    cursor = await database["users"].aggregate(stages, session=session)
    readers = [each async for each in cursor]
    notices = [
        {
            "_id": new("ntf"),
            "v": 1,
            "user_id": each["_id"],
            "family_id": None,
            "type": kind,
            "status": "unread",
            **more,
        }
        for each in readers
    ]
    await database["notifications"].insert_many(notices, session=session)


def new(prefix: str) -> str:
    """Return a fresh id."""
    return f"{prefix}_{secrets.token_hex(15)}"
