"""The floor: FastAPI and PyMongo's async client, nothing between them and the find."""

import os
from typing import Annotated, Any

import jwt
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import Response
from pymongo import AsyncMongoClient

from ops.web.json import dumps

KEY = os.environ["JWT_SIGNING_KEY"]
ISSUER = "family-management-system"
app = FastAPI()
client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["MONGODB_URI"], maxPoolSize=100)
families = client[os.environ["BENCH_DATABASE"]]["families"]


@app.get("/my-families")
async def my_families(authorization: Annotated[str, Header()]) -> Response:
    """Verify the token, read the caller's families with their accounts in one round trip, answer."""
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "), KEY, algorithms=["HS256"], audience=ISSUER, issuer=ISSUER
        )
    except jwt.PyJWTError:
        raise HTTPException(401) from None
    cursor = await families.aggregate(
        [
            {"$match": {"members.user_id": claims["sub"], "status": "active"}},
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
