"""The floor of families and invitations: the same commands in one transaction, and nothing around them."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.floor_units import Client, Document, Session, audited, family_of, in_unit, new, told

WEEK = timedelta(days=7)
ROOM = 1_000_000


async def create(client: Client, database: Any, user_id: str, body: Document) -> Document:
    """Found a family with its account."""
    name, now = body["name"], datetime.now(UTC)

    async def act(session: Session) -> Document:
        family_id, account_id = new("fam"), new("acc")
        people = database["family_people"]
        await people.find_one_and_update(
            {"_id": user_id}, {"$setOnInsert": {"v": 1, "limits": {}}}, upsert=True, session=session
        )
        room = {"$and": [{"$lt": [{"$size": field}, ROOM]} for field in ("$founded", "$member_of")]}
        taken = {"$push": {"founded": family_id, "member_of": family_id}}
        await people.update_one({"_id": user_id, "$expr": room}, taken, session=session)
        username = f"family_{name.lower()}"
        await database["sbd_accounts"].find_one({"username": username}, {"_id": 1}, session=session)
        account = _account(account_id, username, family_id, user_id, now)
        await database["sbd_accounts"].insert_one(account, session=session)
        await database["families"].insert_one(
            _family(family_id, name, account_id, user_id, now), session=session
        )
        after = {"account_id": account_id, "admin_user_ids": [user_id]}
        await audited(database, session, "family.created", family_id, actor=user_id, at=now, after=after)
        return await family_of(database, family_id, user_id, session)

    return await in_unit(client, act)


async def invite(client: Client, database: Any, user_id: str, family_id: str, body: Document) -> Document:
    """Offer somebody a place by an address, and queue the mail."""
    to, now = body["identifier"], datetime.now(UTC)

    async def act(session: Session) -> Document:
        family = await family_of(database, family_id, user_id, session)
        known = {"$or": [{"_id": user_id}, {"email": to}]}
        _ = [each async for each in database["users"].find(known, session=session).limit(2)]
        same = {"family_id": family_id, "invitee": f"email:{to}", "status": {"$in": ["pending", "declined"]}}
        mail = {"from": "email_outbox", "localField": "mail_id", "foreignField": "_id", "as": "mail"}
        cursor = await database["family_invitations"].aggregate(
            [{"$match": same}, {"$limit": 2}, {"$lookup": mail}], session=session
        )
        _ = [each async for each in cursor]
        invitation = _invitation(family, to, user_id, now)
        held = {"invitation_id": invitation["_id"], "expires_at": invitation["expires_at"]}
        taken = {"$add": [{"$size": "$members"}, {"$size": "$open_invitations"}]}
        await database["families"].find_one_and_update(
            {"_id": family_id, "$expr": {"$lt": [taken, ROOM]}},
            {"$push": {"open_invitations": held}},
            session=session,
        )
        await database["email_outbox"].insert_one(_mail(invitation, "invitation", to, now), session=session)
        await database["family_invitations"].insert_one(invitation, session=session)
        await audited(database, session, "invitation.created", invitation["_id"], actor=user_id, at=now)
        return invitation

    return await in_unit(client, act)


async def accept(client: Client, database: Any, user_id: str, invitation_id: str) -> Document:
    """Take an offered place."""
    now = datetime.now(UTC)

    async def act(session: Session) -> Document:
        invitations = database["family_invitations"]
        person = await database["users"].find_one({"_id": user_id}, session=session)
        await invitations.find_one({"_id": invitation_id}, session=session)
        answered = {"status": "accepted", "responded_at": now, "responded_by": user_id}
        offered = await invitations.find_one_and_update(
            {"_id": invitation_id, "status": "pending"}, {"$set": answered}, session=session
        )
        family_id = offered["family_id"]
        family = await database["families"].find_one({"_id": family_id}, session=session)
        others = {"family_id": family_id, "status": "pending", "invitee": f"email:{person['email']}"}
        _ = [each async for each in invitations.find(others, session=session).limit(2)]
        await _join(database, session, family, user_id, invitation_id)
        both = sorted((offered["inviter_id"], user_id))
        tie = {"_id": new("rel"), "v": 1, "family_id": family_id, "pair": " ".join(both), "created_at": now}
        await database["family_relationships"].insert_one(tie, session=session)
        await told(database, session, "member_added", both, created_at=now)
        await told(database, session, "invitation_accepted", [offered["inviter_id"]], created_at=now)
        mail = _mail(offered, "invitation_accepted", person["email"], now)
        await database["email_outbox"].insert_one(mail, session=session)
        await audited(database, session, "invitation.accepted", invitation_id, actor=user_id, at=now)
        return {"invitation_id": invitation_id, "family_id": family_id}

    return await in_unit(client, act)


async def _join(database: Any, session: Session, family: Document, user_id: str, invitation_id: str) -> None:
    now = datetime.now(UTC)
    people = database["family_people"]
    await people.find_one_and_update(
        {"_id": user_id}, {"$setOnInsert": {"v": 1, "limits": {}}}, upsert=True, session=session
    )
    room = {"$lt": [{"$size": "$member_of"}, ROOM]}
    await people.update_one(
        {"_id": user_id, "$expr": room}, {"$push": {"member_of": family["_id"]}}, session=session
    )
    joined = {"user_id": user_id, "role": "member", "joined_at": now, "is_backup_admin": False}
    changed = {
        "$push": {"members": joined},
        "$pull": {"open_invitations": {"invitation_id": invitation_id}},
        "$inc": {"version": 1},
    }
    await database["families"].update_one({"_id": family["_id"]}, changed, session=session)
    holder = {"user_id": user_id, "role": "viewer", "can_spend": False, "spending_limit": 0, "active": True}
    await database["sbd_accounts"].update_one(
        {"_id": family["account_id"], "holders.user_id": {"$ne": user_id}},
        {"$push": {"holders": holder}, "$inc": {"version": 1}},
        session=session,
    )


def _account(account_id: str, username: str, family_id: str, user_id: str, now: datetime) -> Document:
    holder = {"user_id": user_id, "role": "manager", "can_spend": True, "spending_limit": -1, "active": True}
    return {
        "_id": account_id,
        "v": 1,
        "username": username,
        "owner": {"kind": "family", "id": family_id, "active": True},
        "status": "active",
        "balance": 0,
        "seq": 0,
        "version": 1,
        "holders": [holder],
        "created_at": now,
        "updated_at": now,
    }


def _family(family_id: str, name: str, account_id: str, user_id: str, now: datetime) -> Document:
    member = {"user_id": user_id, "role": "admin", "joined_at": now, "is_backup_admin": False}
    return {
        "_id": family_id,
        "v": 1,
        "name": name,
        "status": "active",
        "founder_id": user_id,
        "admin_user_ids": [user_id],
        "members": [member],
        "open_invitations": [],
        "account_id": account_id,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


def _invitation(family: Document, to: str, user_id: str, now: datetime) -> Document:
    link = {"generation": 1, "digest": hashlib.sha256(secrets.token_bytes()).hexdigest(), "mailed": True}
    return {
        "_id": new("inv"),
        "v": 1,
        "family_id": family["_id"],
        "family_name": family["name"],
        "inviter_id": user_id,
        "invitee": f"email:{to}",
        "invitee_email": to,
        "status": "pending",
        "link": link,
        "created_at": now,
        "expires_at": now + WEEK,
    }


def _mail(invitation: Document, template: str, to: str, now: datetime) -> Document:
    return {
        "_id": new("mail"),
        "v": 1,
        "key": f"{template}:{invitation['_id']}",
        "to": to,
        "template": template,
        "context": {"invitation_id": invitation["_id"]},
        "status": "sent",  # nobody is to take it for one of ours that waits
        "created_at": now,
        "sent_at": now,
    }
