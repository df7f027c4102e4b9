"""Reads of a family's records: its statement beside the audit log, and the sums of a time.

Source: HTTP contract, section 13.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from ops.audit import of_family
from ops.audit.of_family import Checked
from ops.logs import logger
from ops.models.audit import BY_FAMILY, BY_TARGET
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import on_commit
from ops.paging import Page, Part
from tokens import queries as accounts
from tokens.models.entry import BY_TIME

# Kinds of transactions, and of changes; far more than there are.
MOST_KINDS = 500
# Entries of the audit log about one page of a statement. A transaction has one, or a few.
MOST_IN_TRAILS = 2000
# Of what is wrong so many are named in the log.
MOST_NAMED = 20
SHOWN = ("actor", "as_staff", "action", "target", "at", "seq", "family_seq")

log = logger(__name__)


class Sum(NamedTuple):
    """The transactions of a kind in one direction: their number, and how many tokens."""

    kind: str
    is_debit: bool
    number: int
    amount: int


def history(
    family_id: str, account_id: str, part: Part, *, filters: Mapping[str, Any]
) -> tuple[Page, list[list[Document]]]:
    """Return a page of the statement of a family's account, and what the audit log has of each entry.

    Two looks. Of a family that the caller was shown to belong to; ``filters`` as ``tokens.queries.statement``
    takes them.
    """
    page = accounts.statement(account_id, part, filters=filters)
    return page, trails(family_id, page.rows)


def trails(family_id: str, entries: Sequence[Document]) -> list[list[Document]]:
    """Return for each entry of a statement what the family's audit log has of it, oldest first. One look.

    That is what was done to the transaction, and what of the thing that was paid for was written with it.
    """
    if not entries:
        return []
    times = [each["at"] for each in entries]
    paid_for = {each["related"]["id"] for each in entries if each["related"]}
    of_payment = {"target": {"$in": sorted(paid_for)}, "at": {"$gte": min(times), "$lte": max(times)}}
    of_transactions = {"target": {"$in": sorted({each["transaction"] for each in entries})}}
    found = collection("audit_log").aggregate(
        [
            {"$match": {"$or": [of_transactions, of_payment], "family_id": family_id}},
            {"$limit": MOST_IN_TRAILS},
            {"$project": dict.fromkeys(SHOWN, 1)},
        ],
        hint=BY_TARGET.directions,
    )
    by_target = defaultdict(list)
    for each in sorted(found, key=lambda each: (each["at"], each["_id"])):
        by_target[each["target"]].append(each)
    return [_trail(entry, by_target) for entry in entries]


def sums(account_id: str, since: datetime, until: datetime) -> list[Sum]:
    """Return what an account's entries of a time come to, kind by kind. One look."""
    found = collection("sbd_entries").aggregate(
        [
            {"$match": {"account": account_id, "at": {"$gte": since, "$lt": until}}},
            {
                "$group": {
                    "_id": {"kind": "$kind", "is_debit": {"$lt": ["$amount", 0]}},
                    "count": {"$sum": 1},
                    "amount": {"$sum": {"$abs": "$amount"}},
                }
            },
            {"$limit": MOST_KINDS},
        ],
        hint=BY_TIME.directions,
    )
    counted = [Sum(**each["_id"], number=each["count"], amount=each["amount"]) for each in found]
    return sorted(counted)


def changes(family_id: str, since: datetime, until: datetime) -> dict[str, int]:
    """Return how often each thing was done in a family from a time on and before another. One look."""
    found = collection("audit_log").aggregate(
        [
            {"$match": {"family_id": family_id, "at": {"$gte": since, "$lt": until}}},
            {"$group": {"_id": "$action", "count": {"$sum": 1}}},
            {"$limit": MOST_KINDS},
        ],
        hint=BY_FAMILY.directions,
    )
    return {each["_id"]: each["count"] for each in sorted(found, key=lambda each: str(each["_id"]))}


def integrity(family_id: str, since: datetime, until: datetime, *, now: datetime) -> Checked:
    """Prove what the audit log has of a family from a time on and before another.

    Whatever is wrong is logged as an error, whoever asked: somebody has to look into it.
    """
    found = of_family.check(family_id, since, until, now=now)
    if not found.is_whole:
        on_commit(partial(_tell, family_id, found))
    return found


def _trail(entry: Document, by_target: Mapping[str, Sequence[Document]]) -> list[Document]:
    of_transaction = by_target.get(entry["transaction"], ())
    related = by_target.get(entry["related"]["id"], ()) if entry["related"] else ()
    # Both were written in one unit of work, which has one time.
    with_it = [each for each in related if each["at"] == entry["at"]]
    return sorted([*with_it, *of_transaction], key=lambda each: (each["at"], each["_id"]))


def _tell(family_id: str, found: Checked) -> None:
    corrupted = [each.entry for each in islice(found.corrupted, MOST_NAMED)]
    missing = found.missing[:MOST_NAMED]
    head = "right" if found.is_head_right else "altered"
    log.error("audit chain broken", family=family_id, corrupted=corrupted, missing=missing, head=head)
