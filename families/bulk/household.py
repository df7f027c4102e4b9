"""One family with its people, their accounts, and who is what to whom."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from families.actions import founding, members
from families.actions.places import FRESH
from families.bulk.plan import FIRST, LAST, Plan, between, family_name
from families.rules import MemberRole, RelationshipStatus, RelationshipType, pair_of, reciprocal
from ops.mongo.collections import Document
from tokens.actions import accounts
from tokens.rules import UNLIMITED, AccountStatus, HolderRole, OwnerKind, account_name_of

DOMAIN = "bulk.example.com"
# Nobody can sign in with it; Django's mark of a password that is none.
NO_PASSWORD = "!bulk"  # noqa: S105  # as said
JOINING = timedelta(days=9)
KINDS = (RelationshipType.CHILD, RelationshipType.SPOUSE, RelationshipType.SIBLING, RelationshipType.COUSIN)
# One in so many: members who are disabled, families whose account is frozen.
DISABLED, FROZEN = 300, 400
LIMITS = (20, 50, 100, 250)


@dataclass
class Household:
    """A family of a number as it is being made; the founder comes first among its people."""

    plan: Plan
    number: int
    lots: random.Random
    family: Document
    account: Document
    users: list[Document]
    people: list[Document]
    personal: list[Document]
    relationships: list[Document] = field(default_factory=list)

    @property
    def founder(self) -> Document:
        """The admin."""
        return self.users[0]

    @property
    def founded_at(self) -> datetime:
        """When it was founded."""
        moment: datetime = self.family["created_at"]
        return moment

    def id_of(self, prefix: str, part: int = 0) -> str:
        """Return the id of a document of this family."""
        return self.plan.id_of(prefix, self.number, part)

    def since(self, first: datetime) -> datetime:
        """Return a time from a moment to the end, by lot."""
        return between(self.lots, first, self.plan.now)


def household(plan: Plan, number: int) -> Household:
    """Return the family of a number, its people joined, nothing on its accounts yet."""
    lots, founded_at = plan.lots(number), plan.founded_at(number)
    surname = lots.choice(LAST)
    users = [_user(plan, number, part, lots, surname) for part in range(plan.size(number))]
    personal = [_own_account(plan, number, part, user) for part, user in enumerate(users)]
    name, founder_id = family_name(lots, surname), users[0]["_id"]
    family_id, account_id = plan.id_of("fam", number), plan.id_of("acc", number)
    account_name = f"{account_name_of(name)}_{plan.code_of(number)}"
    account = accounts.drafted(
        account_name, OwnerKind.FAMILY, owner_id=family_id, manager_id=founder_id, now=founded_at
    )
    account["_id"] = account_id
    family = founding.drafted(family_id, name, account_id, founder_id=founder_id, now=founded_at)
    people = [_person(user, family_id, founded=user is users[0]) for user in users]
    made = Household(plan, number, lots, family, account, users, people, personal)
    for part in range(1, len(users)):
        _join(made, part)
    return made


def _user(plan: Plan, number: int, part: int, lots: random.Random, surname: str) -> Document:
    code, founded_at = plan.code_of(number, part), plan.founded_at(number)
    username = f"{lots.choice(FIRST)}_{surname}_{code}"
    created_at = between(lots, founded_at - timedelta(hours=5), founded_at)
    active = part == 0 or lots.randrange(DISABLED) > 0
    return {
        "_id": plan.id_of("user", number, part),
        "v": 1,
        "username": username,
        "email": f"{username}@{DOMAIN}",
        "email_confirmed_at": created_at if lots.random() < 0.9 else None,  # noqa: PLR2004  # nine of ten
        "password": NO_PASSWORD,
        "security_stamp": plan.id_of("stamp", number, part),
        "is_active": active,
        "is_staff": False,
        "is_superuser": False,
        "staff_roles": [],
        "created_at": created_at,
    }


def _own_account(plan: Plan, number: int, part: int, user: Document) -> Document:
    account = accounts.drafted(
        user["username"], OwnerKind.USER, owner_id=user["_id"], manager_id=user["_id"], now=user["created_at"]
    )
    account["_id"] = plan.id_of("acc", number, 1 + part)
    account["owner"]["active"] = account["holders"][0]["active"] = user["is_active"]
    return account


def _person(user: Document, family_id: str, *, founded: bool) -> Document:
    disabled = {} if user["is_active"] else {"is_active": False}
    own = {"founded": [family_id] if founded else [], "member_of": [family_id]}
    fresh: dict[str, Any] = {name: dict(each) if each == {} else each for name, each in FRESH.items()}
    return {"_id": user["_id"], **fresh, **own, **disabled}


def _join(made: Household, part: int) -> None:
    """Let a person in: as a member, as a holder of the account, and as somebody's relative."""
    lots, user = made.lots, made.users[part]
    last = min(made.founded_at + JOINING, made.plan.now)
    joined_at = between(lots, made.family["updated_at"], last)
    made.family["members"].append(members.member(user["_id"], MemberRole.MEMBER, now=joined_at))
    made.family.update(version=made.family["version"] + 1, updated_at=joined_at)
    limit = 0 if lots.random() < 0.6 else lots.choice((*LIMITS, UNLIMITED))  # noqa: PLR2004  # most only look on
    held = accounts.holder(
        user["_id"],
        role=HolderRole.SPENDER if limit else HolderRole.VIEWER,
        can_spend=limit != 0,
        limit=limit,
        by=made.founder["_id"],
        now=joined_at,
    )
    made.account["holders"].append(held | {"active": user["is_active"]})
    made.account.update(version=made.account["version"] + 1, updated_at=joined_at)
    if part == 1:
        made.relationships.append(_relationship(made, user["_id"], joined_at))


def _relationship(made: Household, user_id: str, now: datetime) -> Document:
    kind, founder_id = made.lots.choice(KINDS), made.founder["_id"]
    return {
        "_id": made.id_of("rel"),
        "v": 1,
        "family_id": made.family["_id"],
        "pair": pair_of(founder_id, user_id),
        "user_a": {"user_id": founder_id, "relationship_type": str(kind)},
        "user_b": {"user_id": user_id, "relationship_type": str(reciprocal(kind))},
        "status": str(RelationshipStatus.ACTIVE),
        "created_by": user_id,
        "created_at": now,
        "updated_at": now,
        "ended_at": None,
    }


def freeze_some(made: Household) -> None:
    """Freeze the account of one family in so many, at the very end, when all is posted."""
    if made.lots.randrange(FROZEN):
        return
    founder = made.founder
    made.account["status"] = str(AccountStatus.FROZEN)
    made.account["freeze"] = {
        "by": founder["_id"],
        "by_name": founder["username"],
        "by_staff": False,
        "at": made.plan.now,
        "reason": "We look at what was spent first.",
    }
    made.account.update(version=made.account["version"] + 1, updated_at=made.plan.now)
