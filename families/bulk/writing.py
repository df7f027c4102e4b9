"""Writing families a batch at a time, by several processes at once; whoever was interrupted goes on.

Of a batch the families themselves are written last: of those that are there, all is. What an interrupted run
has left of others is deleted by its ids before they are written. Not so their audit entries, since what was
sealed meanwhile must stay: they are written with the families, or not at all.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from typing import Any

from django.db import connections

from families.bulk import around, money
from families.bulk.household import freeze_some, household
from families.bulk.plan import MARK, Plan
from families.bulk.starting import begin
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions.drafting import Book

BATCH = 500
# Below that the start of further processes takes longer than they save.
ALONE_UP_TO = 4 * BATCH
# In the order in which they are written, and what their ids begin with.
COLLECTIONS = {
    "users": "user",
    "family_people": "user",
    "sbd_accounts": "acc",
    "sbd_transactions": "txn",
    "sbd_entries": "acc",
    "issuances": "iss",
    "family_relationships": "rel",
    "family_invitations": "inv",
    "email_outbox": "mail",
    "token_requests": "req",
    "purchase_requests": "pr",
    "sessions": "ses",
    "notifications": "ntf",
    "audit_log": "aud",
    "families": "fam",
}
TOGETHER = ("audit_log", "families")


def has_others() -> bool:
    """Tell whether there are people whom no run of this has made."""
    ours = f"user_{MARK}"
    others = [{"_id": {"$lt": ours}}, {"_id": {"$gte": f"{ours}~"}}]
    return any(collection("users").find_one(each, {"_id": 1}) for each in others)


def write_all(plan: Plan, *, processes: int, tell: Callable[[int], None]) -> int:
    """Write what is missing of the families of a plan; returns how many families were written.

    Args:
        plan: what there shall be.
        processes: how many write at once.
        tell: is told from time to time how many there are by now.
    """
    firsts = range(0, plan.families, BATCH)
    done = written = 0
    for count, new in _written(plan, firsts, processes):
        done, written = done + count, written + new
        tell(done)
    return written


def _written(plan: Plan, firsts: range, processes: int) -> Iterator[tuple[int, int]]:
    """Yield of each batch how many families it has, and how many of them are new."""
    if processes == 1 or plan.families <= ALONE_UP_TO:
        for first in firsts:
            yield write_batch(plan, first)
        return
    database = connections["default"].settings_dict["NAME"]
    # Spawned, since the connections of a driver do not outlive a fork.
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawning, begin, (database,)) as pool:
        waiting = iter(firsts)
        at_work = {pool.submit(write_batch, plan, each) for each in islice(waiting, 2 * processes)}
        while at_work:
            ended = next(as_completed(at_work))
            at_work.remove(ended)
            at_work.update(pool.submit(write_batch, plan, each) for each in islice(waiting, 1))
            yield ended.result()


def write_batch(plan: Plan, first: int) -> tuple[int, int]:
    """Write the families of a batch unless they are there; returns how many it has, and how many are new."""
    end = min(first + BATCH, plan.families)
    wanted = {"_id": {"$gte": plan.id_of("fam", first), "$lt": plan.id_of("fam", end)}}
    newest = collection("families").find(wanted, {"_id": 1}, sort=[("_id", -1)], limit=1)
    numbers = range(plan.number_of(newest[0]["_id"]) + 1 if newest else first, end)
    if not numbers:
        return end - first, 0
    if collection("users").find_one({"_id": plan.id_of("user", numbers[0])}, {"_id": 1}):
        _clear(plan, numbers[0], first + BATCH)
    made = batch(plan, numbers)
    _insert({name: each for name, each in made.items() if name not in TOGETHER})
    _insert_together({name: made[name] for name in TOGETHER})
    return end - first, len(numbers)


def _insert(made: dict[str, list[Document]]) -> None:
    for name, documents in made.items():
        if documents:
            collection(name).insert(*documents)


_insert_together = unit_of_work()(_insert)


def _clear(plan: Plan, first: int, end: int) -> None:
    """Delete what there is of these families; that they rise in order, ids tell them from all others."""
    for name, prefix in COLLECTIONS.items():
        if name in TOGETHER:
            continue
        theirs = {"$gte": plan.id_of(prefix, first), "$lt": plan.id_of(prefix, end)}
        collection(name).raw.delete_many({"_id": theirs})
    # An entry of the account that tokens come from bears the transaction's id.
    first_id, end_id = (f"{Book(plan.now).source['_id']}:{plan.id_of('txn', each)}" for each in (first, end))
    collection("sbd_entries").raw.delete_many({"_id": {"$gte": first_id, "$lt": end_id}})


def batch(plan: Plan, numbers: range) -> dict[str, list[Document]]:
    """Return all documents of these families by collection, in the order in which they are to be written."""
    made: dict[str, list[Any]] = {name: [] for name in COLLECTIONS}
    book = Book(plan.now)
    for number in numbers:
        family = household(plan, number)
        issuance = money.post_all(family, book)
        freeze_some(family)
        invited = around.invitations(family)
        made["users"] += family.users
        made["family_people"] += family.people
        made["sbd_accounts"] += [family.account, *family.personal]
        made["issuances"].append(issuance)
        made["family_relationships"] += family.relationships
        made["family_invitations"] += invited
        made["email_outbox"] += around.mails(family, invited)
        made["token_requests"] += money.token_requests(family)
        made["purchase_requests"] += money.purchase_requests(family)
        made["sessions"] += around.sessions(family)
        made["notifications"] += around.notices(family)
        made["audit_log"] += around.audit_entries(family)
        made["families"].append(family.family)
    made["sbd_transactions"], made["sbd_entries"] = book.transactions, book.entries
    return made
