"""Checking the ledger: at once by a command, or each night by a job, slice after slice.

How the last check of everything ended is kept in the control database, in ``ledger_checks``: ``last`` is
``{began_at, ended_at, accounts, entries, transactions, broken, findings}``, and ``running`` is what a later
slice goes on from. Source: design, sections 5 and 8.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ops import clock, deadline
from ops.giving_way import Background
from ops.mongo.collections import Document, control_collection
from tokens import queries
from tokens.ledger import verifying
from tokens.ledger.drifting import Compared, compared
from tokens.ledger.invariants import Finding
from tokens.ledger.reading import PAGE
from tokens.ledger.verifying import WHOLE, LedgerUnreadableError, Phase, Progress, Scope
from tokens.models.system import ISSUANCE

__all__ = [
    "WHOLE",
    "Compared",
    "Finding",
    "LedgerUnreadableError",
    "Progress",
    "Scope",
    "Standing",
    "compared",
]

NAME, LAST, RUNNING = "ledger_checks", "last", "running"
# A slice leaves the worker's child to other jobs for the rest of its minute, and is far below its limits.
SLICE_SECONDS = 20.0
# In the night few people pay.
BEGINS_AT_HOUR = 2
FINDINGS_KEPT = 20


class Standing(NamedTuple):
    """What is known of the ledger.

    Attributes:
        last: how the last check ended; ``None``: there was none.
        unchecked_since: since when nobody has looked: the last check's end, else when the ledger was opened.
    """

    last: Document | None
    unchecked_since: datetime | None


def check(scope: Scope, *, tell: Callable[[Progress], None]) -> Progress:
    """Check the ledger, or a part; ``tell`` hears after each step how far it is.

    Raises:
        LedgerUnreadableError, DatabaseUnavailableError: the database cannot be asked.
    """
    began_at, progress = clock.now(), Progress()
    for _ in verifying.steps(progress, scope):
        tell(progress)
    if scope == WHOLE:
        _keep(progress, began_at=began_at)
    return progress


def check_slice(*, now: datetime) -> int:
    """Begin tonight's check or go on with it, for a while; returns how many documents were read.

    Two at once do the same work twice, and the second to end is not kept.
    """
    checks = control_collection(NAME)
    running = checks.find_one({"_id": RUNNING}) or _begun(now)
    if running is None:
        return 0
    progress = Progress.from_document(running["progress"])
    before = progress.read
    _go_on(progress)
    as_read = {"_id": RUNNING, "began_at": running["began_at"], "slice": running["slice"]}
    if progress.phase == Phase.DONE:
        if checks.delete(as_read):
            _keep(progress, began_at=running["began_at"])
    else:
        checks.update(as_read, {"$set": {"progress": progress.to_document()}, "$inc": {"slice": 1}})
    return progress.read - before


def faults() -> list[str]:
    """Return a sentence for each fault of the ledger, as far as they are kept; writes nothing down.

    Raises:
        LedgerUnreadableError, DatabaseUnavailableError: the database cannot be asked.
    """
    progress = Progress()
    for _ in verifying.steps(progress):
        pass
    return [f"{each.invariant}: {each.sentence}" for each in progress.findings.kept]


def begin_anew() -> None:
    """Let the nightly check begin from the start: what it has read is no longer what is there."""
    control_collection(NAME).delete({"_id": RUNNING})


def standing() -> Standing:
    """Return how the last check ended."""
    last = control_collection(NAME).find_one({"_id": LAST})
    if last is not None:
        return Standing(last, last["ended_at"])
    opened = queries.account_by_name(ISSUANCE)
    return Standing(None, opened["created_at"] if opened else None)


def _go_on(progress: Progress) -> None:
    """Check until the slice is over; people's requests come first."""
    background, before = Background(), progress.read
    with deadline.within(SLICE_SECONDS):
        for _ in verifying.steps(progress):
            # Of steps that read little one could not tell how long a document takes.
            if (read := progress.read - before) >= PAGE:
                background.give_way(progress.phase, read)
                before = progress.read
            if not deadline.remaining():
                return


def _begun(now: datetime) -> Document | None:
    """Begin tonight's check; ``None``: it is done already."""
    checks = control_collection(NAME)
    if not _is_due(checks.find_one({"_id": LAST}, {"began_at": 1}), now):
        return None
    begun = {"v": 1, "began_at": now, "slice": 0, "progress": Progress().to_document()}
    return checks.find_and_update({"_id": RUNNING}, {"$setOnInsert": begun}, upsert=True)


def _is_due(last: Document | None, now: datetime) -> bool:
    night = now.replace(hour=BEGINS_AT_HOUR, minute=0, second=0, microsecond=0)
    night -= timedelta(days=1) if night > now else timedelta()
    return last is None or last["began_at"] < night


def _keep(progress: Progress, *, began_at: datetime) -> None:
    found = progress.findings
    ended: dict[str, Any] = {
        "v": 1,
        "began_at": began_at,
        "ended_at": clock.now(),
        "accounts": progress.accounts,
        "entries": progress.entries,
        "transactions": progress.transactions,
        "broken": dict(found.broken),
        "findings": [
            {"invariant": str(each.invariant), "sentence": each.sentence, "documents": list(each.documents)}
            for each in found.kept[:FINDINGS_KEPT]
        ],
    }
    control_collection(NAME).update({"_id": LAST}, {"$set": ended}, upsert=True)
