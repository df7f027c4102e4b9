"""Reads of accounts and statements, and the pieces that other packages' reads join accounts with."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from ops import paging
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.paging import Page, Part
from tokens.errors import AccountNotFoundError, RecipientNotFoundError
from tokens.models.entry import BY_KIND, BY_PERSON, BY_TIME
from tokens.models.system import ISSUANCE
from tokens.rules import NOTIFICATION_DEFAULTS, AccountStatus, HolderRole, OwnerKind
from tokens.rules.spending import holder_of

ACCOUNTS, ENTRIES = "sbd_accounts", "sbd_entries"
# Entries of a whole statement that are in memory at a time: a few hundred KiB.
READ_AT_ONCE = 500
# Of so many accounts the balances are added up while somebody waits.
MOST_ADDED = 100_000
TO_SEE, TO_VALIDATE = "tokens.view_sbdaccount", "tokens.validate_any"


def joined_account(account_id_path: str, *, into: str) -> list[dict[str, Any]]:
    """Return pipeline stages that put the account of ``account_id_path`` into the field ``into``.

    One ``$lookup`` on ``_id`` instead of a second round trip. The server does ``$unwind`` inside it; a
    projection there, or ``$first`` after it, costs it a third more.
    """
    return [
        {
            "$lookup": {
                "from": "sbd_accounts",
                "localField": account_id_path,
                "foreignField": "_id",
                "as": into,
            }
        },
        {"$unwind": {"path": f"${into}", "preserveNullAndEmptyArrays": True}},
    ]


def joined_entries(account_id_path: str, *, into: str, most: int) -> list[dict[str, Any]]:
    """Return a pipeline stage that puts an account's newest entries into a field, newest first."""
    newest = [{"$sort": {"at": -1, "_id": -1}}, {"$limit": most}]
    return [
        {
            "$lookup": {
                "from": ENTRIES,
                "localField": account_id_path,
                "foreignField": "account",
                "pipeline": newest,
                "as": into,
            }
        }
    ]


def joined_person(identifier: str, *, by_username: bool = False, into: str) -> list[dict[str, Any]]:
    """Return a stage that puts what ``account_of_person`` looks for into a field: of it ``person_among``."""
    either = _of_person(identifier, by_username=by_username)
    one = [{"$match": {"$or": either}}, {"$limit": len(either)}]
    return [{"$lookup": {"from": ACCOUNTS, "pipeline": one, "as": into}}]


def personal_account(actor: Actor) -> Document:
    """Return the actor's own account. One round trip.

    Raises:
        AccountNotFoundError: they have none, as nobody has who signed up before there were any.
    """
    return theirs(collection(ACCOUNTS).find_one(_owned_by(actor.user_id)))


def theirs(account: Document | None) -> Document:
    """Return an account that belongs to the actor, as it was found.

    Raises:
        AccountNotFoundError: there is none, or it is closed.
    """
    if account is None or account["status"] == AccountStatus.CLOSED:
        raise AccountNotFoundError
    return account


def payer_and_recipient(
    actor: Actor, to_username: str, *, from_username: str | None
) -> tuple[Document, Document]:
    """Return the accounts of a payment by name, as far as the actor may know of them. One round trip.

    Args:
        actor: who pays.
        to_username: name of the recipient's account.
        from_username: name of the payer's; ``None``: the actor's own, which is called like them.

    Raises:
        AccountNotFoundError: no such account to pay from, or the actor does not hold it.
        RecipientNotFoundError: no such recipient, or none that they may know of.
    """
    payer_name = from_username or actor.name
    names = sorted({payer_name, to_username})
    found = collection(ACCOUNTS).find({"username": {"$in": names}}, limit=len(names))
    by_name = {each["username"]: each for each in found}
    payer = theirs(by_name.get(payer_name))
    if holder_of(payer, actor.user_id) is None:
        raise AccountNotFoundError
    return payer, reachable(by_name.get(to_username), actor)


def reachable(account: Document | None, actor: Actor) -> Document:
    """Return an account that the actor may pay to: a person's, or one that they hold themselves.

    Raises:
        RecipientNotFoundError: there is none, it is closed, nobody's any more, or none that they may know of.
    """
    is_there = (
        account is not None and account["status"] != AccountStatus.CLOSED and account["owner"]["active"]
    )
    if account is None or not is_there:
        raise RecipientNotFoundError
    is_personal = account["owner"]["kind"] == OwnerKind.USER
    if not is_personal and holder_of(account, actor.user_id) is None:
        raise RecipientNotFoundError
    return account


def account_of_person(identifier: str, *, by_username: bool = False) -> Document | None:
    """Return somebody's own account by their id, else by their name; ``None``: there is nobody."""
    either = _of_person(identifier, by_username=by_username)
    return person_among(collection(ACCOUNTS).find({"$or": either}, limit=len(either)), identifier)


def person_among(found: Sequence[Document], identifier: str) -> Document | None:
    """Return of accounts that were found for an identifier the one that it means: an id before a name."""
    return next((each for each in found if each["owner"]["id"] == identifier), found[0] if found else None)


def account_by_name(username: str) -> Document | None:
    """Return any account by its name; ``None``: there is none."""
    return collection(ACCOUNTS).find_one({"username": username})


def account_to_validate(actor: Actor, username: str, user_id: str) -> Document:
    """Return an account on which the actor may ask what somebody could spend of it. One round trip.

    That is who holds it, about themselves; who manages it, about anybody; and staff.

    Raises:
        AccountNotFoundError: no such account, or the actor may not ask: the same answer, on purpose.
    """
    account = account_by_name(username)
    if account is None:
        raise AccountNotFoundError
    mine = holder_of(account, actor.user_id)
    is_theirs = mine is not None and (actor.user_id == user_id or mine["role"] == HolderRole.MANAGER)
    if not is_theirs and not actor.may(TO_VALIDATE):
        raise AccountNotFoundError
    return account


def sees_balance(account: Document, actor: Actor) -> bool:
    """Tell whether somebody may see what is on an account: who holds it, and staff who see accounts."""
    return holder_of(account, actor.user_id) is not None or actor.may(TO_SEE)


def account_by_id(account_id: str) -> Document | None:
    """Return any account; ``None``: there is none."""
    return collection(ACCOUNTS).find_one({"_id": account_id})


def accounts_by_id(account_ids: Sequence[str]) -> dict[str, Document]:
    """Return accounts by id, in one round trip."""
    found = collection(ACCOUNTS).find({"_id": {"$in": list(account_ids)}}, limit=len(account_ids))
    return {each["_id"]: each for each in found}


def issuance_by_id(issuance_id: str) -> Document | None:
    """Return an issuance of tokens; ``None``: there is none."""
    return collection("issuances").find_one({"_id": issuance_id})


def notification_settings(account: Document) -> dict[str, Any]:
    """Return which notices about tokens an account's owner wishes, defaults included."""
    large = {"large_transaction_threshold": account["large_transaction_threshold"]}
    return {**NOTIFICATION_DEFAULTS, **(account.get("notification_settings") or {}), **large}


def family_of(account: Document) -> str | None:
    """Return the id of the family that owns an account; ``None``: no family does."""
    owner = account["owner"]
    return str(owner["id"]) if owner["kind"] == OwnerKind.FAMILY else None


def statement(account_id: str, part: Part, *, filters: Mapping[str, Any]) -> Page:
    """Return a page of an account's entries, newest first. One look.

    Args:
        account_id: of an account that the caller was shown to have a part in.
        part: what part of the list.
        filters: ``since``, ``until`` and ``as_of`` (times: from, before, not after), ``kind`` or ``kinds``,
            ``user_id``; what is missing does not matter.
    """
    query: dict[str, Any] = {"account": account_id}
    index = BY_TIME
    if kind := filters.get("kind"):
        query["kind"], index = kind, BY_KIND
    if kinds := filters.get("kinds"):
        query["kind"], index = {"$in": list(kinds)}, BY_KIND
    if user_id := filters.get("user_id"):
        query["people"], index = user_id, BY_PERSON
    bounds = {"$gte": filters.get("since"), "$lt": filters.get("until"), "$lte": filters.get("as_of")}
    if wanted := {name: value for name, value in bounds.items() if value is not None}:
        query["at"] = wanted
    return paging.read(ENTRIES, index, query, part, by="at")


def entry_of(transaction_id: str, account_id: str) -> Document | None:
    """Return a transaction as an account sees it; ``None``: none, or the account has no part in it."""
    return collection(ENTRIES).find_one({"transaction": transaction_id, "account": account_id})


def whole_statement(account_id: str, *, filters: Mapping[str, Any]) -> Iterator[list[Document]]:
    """Yield all entries that the filters of ``statement`` leave, newest first, as many as one read gets."""
    part: Part | None = Part(READ_AT_ONCE)
    while part is not None:
        found = statement(account_id, part, filters=filters)
        yield found.rows
        part = None if found.older is None else Part(READ_AT_ONCE, found.older)


def balance_at(account_id: str, moment: datetime) -> int:
    """Return what was on an account at a moment, entries of that very moment included."""
    before = {"account": account_id, "at": {"$lte": moment}}
    found = collection(ENTRIES).find(before, sort=[("at", -1), ("_id", -1)], limit=1)
    return int(found[0]["balance_after"]) if found else 0


def totals(_now: datetime) -> dict[str, int | None]:
    """Return how many tokens were issued and paid to the merchant, and lie on accounts of each kind.

    What lies on system accounts is told a minute late. ``None``: more than ``MOST_ADDED`` accounts.
    """
    names = [ISSUANCE, settings.MERCHANT_ACCOUNT]
    found = collection(ACCOUNTS).find({"username": {"$in": names}}, {"balance": 1, "username": 1}, limit=2)
    balances = {each["username"]: int(each["balance"]) for each in found}
    return {
        "tokens_issued": -balances.get(ISSUANCE, 0),
        "tokens_redeemed": balances.get(settings.MERCHANT_ACCOUNT, 0),
        "tokens_of_users": _sum_of(OwnerKind.USER),
        "tokens_of_families": _sum_of(OwnerKind.FAMILY),
    }


def _sum_of(kind: OwnerKind) -> int | None:
    added = {"_id": None, "number": {"$sum": 1}, "sum": {"$sum": "$balance"}}
    found = collection(ACCOUNTS).aggregate(
        [{"$match": {"owner.kind": str(kind)}}, {"$limit": MOST_ADDED + 1}, {"$group": added}]
    )
    if not found:
        return 0
    return int(found[0]["sum"]) if found[0]["number"] <= MOST_ADDED else None


def _of_person(identifier: str, *, by_username: bool) -> list[dict[str, str]]:
    by_name = {"username": identifier.lower(), "owner.kind": str(OwnerKind.USER)}
    return [by_name] if by_username else [_owned_by(identifier), by_name]


def _owned_by(user_id: str) -> dict[str, str]:
    return {"owner.id": user_id, "owner.kind": str(OwnerKind.USER)}
