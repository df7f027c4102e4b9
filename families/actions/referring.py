"""Whether documents name each other rightly: families, their members and accounts, and relationships.

All of them are read, a page at a time; each page, and what it names, as of one moment, so that what people do
meanwhile is not taken for a fault.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from families.rules import RECIPROCALS, FamilyStatus, RelationshipStatus, RelationshipType, pair_of
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

FAMILIES, RELATIONSHIPS, ACCOUNTS, USERS = "families", "family_relationships", "sbd_accounts", "users"
PAGE = 200
MOST_KEPT = 100


class Fault(NamedTuple):
    """What is wrong, and the id of the document with which it is."""

    document: str
    sentence: str


@dataclass
class Found:
    """How much was read, and what is wrong: all of it counted, the first kept."""

    families: int = 0
    relationships: int = 0
    broken: int = 0
    kept: list[Fault] = field(default_factory=list)

    def add(self, faults: Collection[Fault]) -> None:
        """Take them in."""
        self.broken += len(faults)
        self.kept += list(faults)[: MOST_KEPT - len(self.kept)]


def verify() -> Found:
    """Read all families and relationships.

    Raises:
        DatabaseUnavailableError: the database cannot be asked.
    """
    found, after = Found(), ""
    while page := _families(after):
        number, after, faults = page
        found.families += number
        found.add(faults)
    after = ""
    while page := _relationships(after):
        number, after, faults = page
        found.relationships += number
        found.add(faults)
    return found


@unit_of_work()
def _families(after: str) -> tuple[int, str, list[Fault]] | None:
    """Look at the next families; returns how many, the id of the last, and what is wrong."""
    fields = {"status": 1, "members.user_id": 1, "admin_user_ids": 1, "account_id": 1}
    page = _page(FAMILIES, after, fields)
    if not page:
        return None
    members = {each["user_id"] for family in page for each in family["members"]}
    users = _by_id(USERS, members, {"_id": 1})
    accounts = _by_id(ACCOUNTS, {each["account_id"] for each in page}, {"owner": 1, "holders.user_id": 1})
    faults = [fault for each in page for fault in _of_family(each, users, accounts)]
    return len(page), page[-1]["_id"], faults


@unit_of_work()
def _relationships(after: str) -> tuple[int, str, list[Fault]] | None:
    """Look at the next relationships, as ``_families`` does at families."""
    page = _page(RELATIONSHIPS, after, {"family_id": 1, "pair": 1, "user_a": 1, "user_b": 1, "status": 1})
    if not page:
        return None
    families = _by_id(FAMILIES, {each["family_id"] for each in page}, {"members.user_id": 1})
    active = [each for each in page if each["status"] == RelationshipStatus.ACTIVE]
    faults = [fault for each in active for fault in _of_relationship(each, families)]
    return len(page), page[-1]["_id"], faults


def _page(name: str, after: str, fields: Mapping[str, int]) -> list[Document]:
    return collection(name).find({"_id": {"$gt": after}}, fields, sort=[("_id", 1)], limit=PAGE)


def _by_id(name: str, ids: Collection[str], fields: Mapping[str, int]) -> dict[str, Document]:
    if not ids:
        return {}
    found = collection(name).find({"_id": {"$in": sorted(ids)}}, fields, limit=len(ids))
    return {each["_id"]: each for each in found}


def _of_family(
    family: Document, users: Mapping[str, Document], accounts: Mapping[str, Document]
) -> Iterator[Fault]:
    name, account = family["_id"], accounts.get(family["account_id"])
    members = [each["user_id"] for each in family["members"]]
    if missing := [each for each in members if each not in users]:
        yield Fault(name, f"{name} has members who are no users: {_named(missing)}")
    if strangers := [each for each in family["admin_user_ids"] if each not in members]:
        yield Fault(name, f"{name} has admins who are no members: {_named(strangers)}")
    if account is None:
        yield Fault(name, f"{name} has no account: there is no {family['account_id']}")
        return
    if account["owner"]["id"] != name:
        yield Fault(name, f"{name} has the account {account['_id']}, which is of {account['owner']['id']}")
    if family["status"] == FamilyStatus.ACTIVE:
        holders = [each["user_id"] for each in account["holders"]]
        if wrong := sorted(set(holders) ^ set(members)):
            yield Fault(name, f"{name}: holders of {account['_id']} are not its members: {_named(wrong)}")


def _of_relationship(relationship: Document, families: Mapping[str, Document]) -> Iterator[Fault]:
    name, family = relationship["_id"], families.get(relationship["family_id"])
    one, other = relationship["user_a"], relationship["user_b"]
    if family is None:
        yield Fault(name, f"{name} is of {relationship['family_id']}, which is not there")
        return
    members = {each["user_id"] for each in family["members"]}
    if gone := [each["user_id"] for each in (one, other) if each["user_id"] not in members]:
        yield Fault(name, f"{name} is of people who are no members: {_named(gone)}")
    if relationship["pair"] != pair_of(one["user_id"], other["user_id"]):
        yield Fault(name, f"{name} is found by another pair than it is of")
    if not _agree(one["relationship_type"], other["relationship_type"]):
        said = f"{one['relationship_type']} and {other['relationship_type']}"
        yield Fault(name, f"the sides of {name} do not agree: {said}")


def _agree(one: str, other: str) -> bool:
    """Tell whether one side may be this where the other is that."""
    return one in set(RelationshipType) and other in RECIPROCALS[RelationshipType(one)]


def _named(ids: Sequence[str], most: int = 3) -> str:
    return ", ".join(ids[:most]) + (" and more" if len(ids) > most else "")
