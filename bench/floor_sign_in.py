"""The floor of signing in: the password's hash and nothing else; and of a refresh, its transaction."""

import time
from datetime import UTC, datetime
from typing import Any

import jwt
from argon2.low_level import Type, verify_secret
from starlette.concurrency import run_in_threadpool

from bench.floor_units import Client, Document, Session, audited, in_unit, new


async def sign_in(hashed: str, body: Document) -> Document:
    """Verify the password, on a thread, as our own workers do; ``hashed``: in Argon2's notation."""
    is_right = await run_in_threadpool(_verify, hashed, body["password"])
    return {"signed_in": is_right}


def _verify(hashed: str, password: str) -> bool:
    return bool(verify_secret(hashed.encode(), password.encode(), Type.ID))


async def refresh(client: Client, database: Any, key: str, claims: Document) -> Document:
    """Change the session's refresh token for the next one, and sign both tokens."""
    session_id, user_id, now = claims["sid"], claims["sub"], datetime.now(UTC)
    following = new("jti")

    async def act(unit: Session) -> None:
        known = {"_id": session_id, "user_id": user_id, "revoked_at": None}
        session = await database["sessions"].find_one(known, session=unit)
        await database["users"].find_one({"_id": user_id}, session=unit)
        changed = {"refresh.jti": following, "previous": session["refresh"], "last_seen_at": now}
        await database["sessions"].update_one({"_id": session_id}, {"$set": changed}, session=unit)
        await audited(database, unit, "session.refreshed", session_id, actor=user_id, at=now)

    await in_unit(client, act)
    issued = int(time.time())
    return {
        name: jwt.encode({**claims, "jti": jti, "iat": issued, "exp": issued + 900}, key)
        for name, jti in (("access_token", new("jti")), ("refresh_token", following))
    }
