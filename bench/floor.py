"""The floor: FastAPI and PyMongo's async client, nothing between them and the find."""

import os
from typing import Annotated, Any

import jwt
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import Response
from pymongo import AsyncMongoClient

from bench import floor_ledger
from ops.web.json import dumps

KEY = os.environ["JWT_SIGNING_KEY"]
ISSUER = "family-management-system"
app = FastAPI()
client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["MONGODB_URI"], maxPoolSize=100)
database = client[os.environ["BENCH_DATABASE"]]
families = database["families"]


@app.get("/my-families")
async def my_families(authorization: Annotated[str, Header()]) -> Response:
    """Verify the token, read the caller's families with their accounts in one round trip, answer."""
    user_id = _caller(authorization)
    cursor = await families.aggregate(
        [
            {"$match": {"members.user_id": user_id, "status": "active"}},
            {"$limit": 1000},
            {
                "$lookup": {
                    "from": "sbd_accounts",
                    "localField": "account_id",
                    "foreignField": "_id",
                    "as": "account",
                }
            },
        ]
    )
    return Response(dumps([each async for each in cursor]), media_type="application/json")


@app.get("/transactions")
async def transactions(authorization: Annotated[str, Header()]) -> Response:
    """Verify the token, read the caller's account and its newest entries, answer."""
    found = await floor_ledger.statement(database, _caller(authorization))
    return Response(dumps(found), media_type="application/json")


@app.post("/send")
async def send(authorization: Annotated[str, Header()], body: dict[str, Any]) -> Response:
    """Verify the token, pay in one transaction, answer."""
    paid = await floor_ledger.send(client, database, _caller(authorization), body)
    return Response(dumps(paid), media_type="application/json")


def _caller(authorization: str) -> str:
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "), KEY, algorithms=["HS256"], audience=ISSUER, issuer=ISSUER
        )
    except jwt.PyJWTError:
        raise HTTPException(401) from None
    return str(claims["sub"])
