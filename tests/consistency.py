"""A checker over the raw collections: what must hold of families and people at any moment.

It reads past the product's own reads, and knows the rules only from the HTTP contract, section 18 (rules 7 to
9), and design, section 4.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from tests.database import documents

Document = dict[str, Any]
REVERSES = {
    "parent": {"child"},
    "child": {"parent"},
    "grandparent": {"grandchild"},
    "grandchild": {"grandparent"},
    "uncle": {"nephew", "niece"},
    "aunt": {"nephew", "niece"},
    "nephew": {"uncle", "aunt"},
    "niece": {"uncle", "aunt"},
    "sibling": {"sibling"},
    "spouse": {"spouse"},
    "cousin": {"cousin"},
}
NAMES = (
    *("users", "families", "family_people", "family_relationships", "family_invitations"),
    *("sbd_accounts", "recoveries", "emergency_unfreezes", "token_requests", "purchase_requests"),
)
MEMBER_LIMIT, FOUNDED_LIMIT, MEMBERSHIP_LIMIT = 5, 3, 10


class Stored:
    """Everything there is, read in one command, so as it is at one moment."""

    def __init__(self) -> None:
        """Read it."""
        found = documents(*NAMES)
        self.users: dict[str, Document] = {each["_id"]: each for each in found["users"]}
        self.accounts: dict[str, Document] = {each["_id"]: each for each in found["sbd_accounts"]}
        self.families: list[Document] = found["families"]
        self.people: list[Document] = found["family_people"]
        self.relationships = _open_ones(found["family_relationships"], "active")
        self.invitations = _open_ones(found["family_invitations"], "pending")
        self.recoveries = _open_ones(found["recoveries"], "pending_verification")
        self.emergencies = _open_ones(found["emergency_unfreezes"], "pending")
        self.requests = _open_ones([*found["token_requests"], *found["purchase_requests"]], "pending")
        self.is_in: defaultdict[str, set[str]] = defaultdict(set)
        for family in self.families:
            for member in family["members"]:
                self.is_in[member["user_id"]].add(family["_id"])


def _open_ones(found: list[Document], status: str) -> defaultdict[str, list[Document]]:
    """Return those of a status, by family."""
    by_family: defaultdict[str, list[Document]] = defaultdict(list)
    for each in found:
        if each["status"] == status:
            by_family[each["family_id"]].append(each)
    return by_family


def faults(now: datetime, *, headless: Collection[str] = ()) -> list[str]:
    """Return what is wrong, one sentence each.

    Args:
        now: decides which invitations are live.
        headless: ids of families whose admins staff has disabled, so that none of theirs can work.
    """
    stored = Stored()
    now = now.astimezone(UTC).replace(tzinfo=None)  # as what is read past the product's reads has it
    found: list[str] = []
    for family in stored.families:
        looks = _of_active(stored, family, now, headless) if family["status"] == "active" else ()
        ended = _of_dissolved(stored, family) if family["status"] != "active" else ()
        found += [f"{family['name']}: {each}" for each in (*looks, *ended)]
    return found + [f"{each['_id']}: {fault}" for each in stored.people for fault in _of_person(stored, each)]


def _of_active(stored: Stored, family: Document, now: datetime, headless: Collection[str]) -> Iterator[str]:
    members = [each["user_id"] for each in family["members"]]
    admins = [each["user_id"] for each in family["members"] if each["role"] == "admin"]
    if len(set(members)) != len(members):
        yield f"somebody is a member twice: {members}"
    if sorted(admins) != sorted(family["admin_user_ids"]):
        yield f"admins by role {admins}, listed {family['admin_user_ids']}"
    if members and not admins:
        yield "members and no admin"
    if family["_id"] not in headless and not any(stored.users[each]["is_active"] for each in admins):
        yield f"no admin who can work among {admins}"
    if not members:
        yield "active without a member"
    live = [each for each in family["open_invitations"] if each["expires_at"] > now]
    limit = family["limits"].get("max_members") or MEMBER_LIMIT
    if len(members) + len(live) > limit:
        yield f"{len(members)} members and {len(live)} invitations, at most {limit}"
    if both := [each for each in family["members"] if each["role"] == "admin" and each["is_backup_admin"]]:
        yield f"admin and backup admin at once: {both}"
    yield from _of_invitations(stored, family, now)
    yield from _of_requests(stored, family, now)
    yield from _of_account(stored, family)
    yield from _of_relationships(stored, family)


def _of_invitations(stored: Stored, family: Document, now: datetime) -> Iterator[str]:
    held = {each["invitation_id"] for each in family["open_invitations"] if each["expires_at"] > now}
    pending = [each for each in stored.invitations[family["_id"]] if each["expires_at"] > now]
    if held != {each["_id"] for each in pending}:
        yield f"places held for {held}, pending {[each['_id'] for each in pending]}"
    members = {each["user_id"] for each in family["members"]}
    if gone := [each["_id"] for each in pending if each["inviter_id"] not in members]:
        yield f"the inviters of {gone} are gone"


def _of_requests(stored: Stored, family: Document, now: datetime) -> Iterator[str]:
    members = {each["user_id"] for each in family["members"]}
    for each in stored.requests[family["_id"]]:
        if each["expires_at"] > now and each["requester_id"] not in members:
            yield f"{each['_id']} waits, and {each['requester_id']} is gone"


def _of_account(stored: Stored, family: Document) -> Iterator[str]:
    holders = stored.accounts[family["account_id"]]["holders"]
    if sorted(each["user_id"] for each in holders) != sorted(each["user_id"] for each in family["members"]):
        yield f"holders {holders} are not the members"
    managers = {each["user_id"] for each in holders if each["role"] == "manager"}
    if managers != set(family["admin_user_ids"]):
        yield f"managers {managers} are not the admins"
    for each in holders:
        if each["active"] != stored.users[each["user_id"]]["is_active"]:
            yield f"holder {each['user_id']} is active: {each['active']}, and the user is not so"
        if each["role"] == "manager" and (each["can_spend"], each["spending_limit"]) != (True, -1):
            yield f"manager {each['user_id']} may not spend all"


def _of_relationships(stored: Stored, family: Document) -> Iterator[str]:
    members = {each["user_id"] for each in family["members"]}
    own = stored.relationships[family["_id"]]
    for each in own:
        sides = each["user_a"], each["user_b"]
        ids = {side["user_id"] for side in sides}
        if len(ids) != len(sides) or not ids <= members:
            yield f"{each['_id']} is active between {ids}"
        if " ".join(sorted(ids)) != each["pair"]:
            yield f"{each['_id']} is found by {each['pair']}"
        if sides[1]["relationship_type"] not in REVERSES[sides[0]["relationship_type"]]:
            yield f"the sides of {each['_id']} do not agree: {sides}"
    twice = [pair for pair, times in Counter(each["pair"] for each in own).items() if times > 1]
    if twice:
        yield f"more than one relationship of {twice}"


def _of_dissolved(stored: Stored, family: Document) -> Iterator[str]:
    account = stored.accounts[family["account_id"]]
    if family["members"] or family["admin_user_ids"] or family["open_invitations"]:
        yield "dissolved with members, admins or places held"
    if account["status"] != "closed" or account["holders"] or account["owner"]["active"]:
        yield "dissolved with an open account"
    for name in ("relationships", "invitations", "recoveries", "emergencies", "requests"):
        if getattr(stored, name)[family["_id"]]:
            yield f"dissolved with active {name}"


def _of_person(stored: Stored, person: Document) -> Iterator[str]:
    is_in = stored.is_in[person["_id"]]
    if len(person["member_of"]) != len(set(person["member_of"])) or set(person["member_of"]) != is_in:
        yield f"member of {person['member_of']}, found in {is_in}"
    if not set(person["founded"]) <= is_in:
        yield f"founded {person['founded']}, and is in {is_in}"
    if len(person["member_of"]) > MEMBERSHIP_LIMIT or len(person["founded"]) > FOUNDED_LIMIT:
        yield f"more families than may be: {person}"
