"""Tokens for callers and families, and a statement as long as somebody's of many years."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from bench.world import Caller

TOKENS = 10**9
AT_ONCE = 10_000


def issue(names: Iterable[str], entries: int) -> None:
    """Put tokens on each of these accounts, in so many entries."""
    from ops import clock  # noqa: PLC0415  # the settings must be there first
    from ops.actors import Actor  # noqa: PLC0415
    from ops.mongo.unit_of_work import unit_of_work  # noqa: PLC0415
    from tokens import queries  # noqa: PLC0415
    from tokens.ledger.posting import Posting, post  # noqa: PLC0415
    from tokens.models.system import ISSUANCE  # noqa: PLC0415
    from tokens.rules import Kind  # noqa: PLC0415

    @unit_of_work()
    def put(username: str) -> None:
        system, account = queries.account_by_name(ISSUANCE), queries.account_by_name(username)
        if system is not None and account is not None:
            postings = [Posting(system, -TOKENS), Posting(account, TOKENS)]
            post(Kind.ISSUANCE, postings, actor=Actor.system("bench"), now=clock.now())

    for name in names:
        for _ in range(entries):
            put(name)


def accounts_of_families() -> list[str]:
    """Return the names of all families' accounts."""
    from ops.mongo.collections import collection  # noqa: PLC0415  # the settings must be there first

    found = collection("sbd_accounts").find({"owner.kind": "family"}, {"username": 1}, limit=AT_ONCE)
    return [each["username"] for each in found]


def lengthen(caller: Caller, entries: int) -> None:
    """Write so many entries more, straight into the collection: by postings it would take hours."""
    from ops.mongo.collections import collection  # noqa: PLC0415  # the settings must be there first
    from tokens import queries  # noqa: PLC0415
    from tokens.ledger.posting import entry_id  # noqa: PLC0415

    account = queries.account_by_name(caller.username)
    if account is None:
        raise LookupError(caller.username)
    (last,) = collection("sbd_entries").find({"_id": entry_id(account["_id"], account["seq"])}, limit=1)
    first = account["seq"] + 1
    for begin in range(first, first + entries, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, first + entries))
        collection("sbd_entries").insert(*(_like(last, number) for number in numbers))
    change = {"seq": account["seq"] + entries, "balance": account["balance"] + entries}
    newest = last["at"] + timedelta(milliseconds=entries)
    collection("sbd_accounts").update({"_id": account["_id"]}, {"$set": {**change, "last_at": newest}})


def _like(last: dict[str, Any], number: int) -> dict[str, Any]:
    more = number - last["seq"]
    return {
        **last,
        "_id": f"{last['account']}:{number:012}",
        "seq": number,
        "amount": 1,
        "balance_after": last["balance_after"] + more,
        "at": last["at"] + timedelta(milliseconds=more),
    }
