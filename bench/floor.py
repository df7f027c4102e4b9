"""The floor: FastAPI and PyMongo's async client, nothing between them and the find."""

import os
from typing import Annotated, Any

import jwt
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import Response
from pymongo import AsyncMongoClient

from bench import floor_families, floor_ledger, floor_sign_in
from bench.floor_units import JOINED, Document, family_of
from ops.web.json import dumps

KEY = os.environ["JWT_SIGNING_KEY"]
ISSUER = "family-management-system"
app = FastAPI()
client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["MONGODB_URI"], maxPoolSize=100)
database = client[os.environ["BENCH_DATABASE"]]
families = database["families"]
PASSWORD_HASH = os.environ.get("BENCH_PASSWORD_HASH", "")


@app.get("/health")
async def health() -> Response:
    """Answer."""
    return _json({"status": "ok"})


@app.get("/families/{family_id}")
async def family(family_id: str, authorization: Annotated[str, Header()]) -> Response:
    """Verify the token, read a family with its account, answer."""
    return _json(await family_of(database, family_id, _caller(authorization)))


@app.get("/my-families")
async def my_families(authorization: Annotated[str, Header()]) -> Response:
    """Verify the token, read the caller's families with their accounts in one round trip, answer."""
    user_id = _caller(authorization)
    cursor = await families.aggregate(
        [
            {"$match": {"members.user_id": user_id, "status": "active"}},
            {"$limit": 1000},
            {"$lookup": JOINED},
        ]
    )
    return _json([each async for each in cursor])


@app.get("/transactions")
async def transactions(authorization: Annotated[str, Header()]) -> Response:
    """Verify the token, read the caller's account and its newest entries, answer."""
    return _json(await floor_ledger.statement(database, _caller(authorization)))


@app.post("/send")
async def send(authorization: Annotated[str, Header()], body: dict[str, Any]) -> Response:
    """Verify the token, pay in one transaction, answer."""
    return _json(await floor_ledger.send(client, database, _caller(authorization), body))


@app.post("/families/{family_id}/validate")
async def validate(family_id: str, authorization: Annotated[str, Header()], body: Document) -> Response:
    """Verify the token, read the family's account, decide, answer."""
    user_id = _caller(authorization)
    account = (await family_of(database, family_id, user_id))["account"]
    mine = next(each for each in account["holders"] if each["user_id"] == user_id)
    may = mine["can_spend"] and account["status"] == "active" and account["balance"] >= body["amount"]
    return _json({"can_spend": may, "balance": account["balance"]})


@app.post("/families/{family_id}/transfer")
async def transfer(family_id: str, authorization: Annotated[str, Header()], body: Document) -> Response:
    """Verify the token, pay from the family's account in one transaction, answer."""
    user_id = _caller(authorization)
    return _json(await floor_ledger.transfer(client, database, user_id, family_id, body))


@app.post("/families")
async def create(authorization: Annotated[str, Header()], body: Document) -> Response:
    """Verify the token, found a family in one transaction, answer."""
    return _json(await floor_families.create(client, database, _caller(authorization), body), 201)


@app.post("/families/{family_id}/invite")
async def invite(family_id: str, authorization: Annotated[str, Header()], body: Document) -> Response:
    """Verify the token, invite an address in one transaction, answer."""
    user_id = _caller(authorization)
    return _json(await floor_families.invite(client, database, user_id, family_id, body), 201)


@app.post("/invitations/{invitation_id}/accept")
async def accept(invitation_id: str, authorization: Annotated[str, Header()]) -> Response:
    """Verify the token, join in one transaction, answer."""
    user_id = _caller(authorization)
    return _json(await floor_families.accept(client, database, user_id, invitation_id))


@app.post("/sign-in")
async def sign_in(body: Document) -> Response:
    """Verify the password's hash, answer."""
    return _json(await floor_sign_in.sign_in(PASSWORD_HASH, body))


@app.post("/refresh")
async def refresh(body: Document) -> Response:
    """Verify the refresh token, change it in one transaction, sign the next ones, answer."""
    claims = _claims(body["refresh_token"])
    return _json(await floor_sign_in.refresh(client, database, KEY, claims))


def _json(content: Any, status: int = 200) -> Response:
    return Response(dumps(content), status_code=status, media_type="application/json")


def _caller(authorization: str) -> str:
    return str(_claims(authorization.removeprefix("Bearer "))["sub"])


def _claims(token: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(token, KEY, algorithms=["HS256"], audience=ISSUER, issuer=ISSUER)
    except jwt.PyJWTError:
        raise HTTPException(401) from None
    return claims
