"""What doctor saw, kept in ``examinations`` of the control database: a document a minute, for 25 hours.

Each holds ``at``, ``host`` and ``role`` of the process that looked, the worst ``result``, ``results`` by the
name of the check, ``left_out`` (checks that this machine cannot make), and as ``unwell`` the findings that
are not ok, the worst cause first and its symptoms after it: ``name, section, title, result, evidence, cause,
remedy, explained_by``. Findings hold no secret. The ``_id`` is the minute in ISO 8601: in order of time.
"""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pymongo

from ops import process
from ops.doctor import registry, runner, whereabouts
from ops.doctor.check import Check, Examination, Result, worst
from ops.doctor.report import as_facts
from ops.jobs import wellbeing
from ops.mongo.collections import Document, control_collection

NAME = "examinations"
KEPT = timedelta(hours=25)
MOST = 1500  # one a minute for as long as they are kept
# A job of each minute that is late by two of them is not done.
STALE_AFTER = timedelta(minutes=3)
SECONDS = 2.0
WORST = (Result.FAILED, Result.DEGRADED, Result.COULD_NOT_LOOK, Result.OK)
# They look at this machine's own loopback, or among its processes, for what serves the web.
BESIDE_THE_WEB = frozenset({"port", "metrics", "process", "nginx"})


def look(now: datetime, *, patience: float | None = None) -> Result:
    """Run all checks that this machine can make, and keep what they found; returns the worst result.

    Args:
        now: kept as when it looked.
        patience: seconds to wait for a check that nobody waits for; ``None``: as long as each may take.

    Raises:
        DatabaseUnavailableError, PyMongoError: MongoDB is away, so nothing can be kept.
    """
    made, left_out = _those_of_this_machine(registry.checks())
    if patience is not None:
        made = [replace(check, seconds=patience) for check in made]
    found = runner.run(made, whereabouts.from_settings())
    record(found, now, left_out=left_out)
    return worst(found)


def record(examinations: Sequence[Examination], now: datetime, *, left_out: Sequence[str] = ()) -> None:
    """Keep what was found, in place of what was found in the same minute; forget what is too old."""
    told = {
        "at": now,
        "host": socket.gethostname(),
        "role": process.role(),
        "result": str(worst(examinations)),
        "results": {each.check.name: str(each.finding.result) for each in examinations},
        "unwell": [as_facts(each) for each in examinations if each.finding.result != Result.OK],
        "left_out": list(left_out),
    }
    with pymongo.timeout(SECONDS):
        kept = control_collection(NAME)
        kept.update({"_id": _minute(now)}, {"$set": told}, upsert=True)
        kept.delete({"_id": {"$lt": _minute(now - KEPT)}})


def latest() -> Document | None:
    """Return what doctor last saw; ``None``: it has not looked for a day."""
    return next(iter(control_collection(NAME).find({}, sort=[("_id", -1)], limit=1)), None)


def since(moment: datetime) -> list[Document]:
    """Return when doctor looked from then on, and the results by check, the oldest first."""
    return control_collection(NAME).find(
        {"_id": {"$gte": _minute(moment)}}, {"at": 1, "results": 1}, sort=[("_id", 1)], limit=MOST
    )


def is_stale(seen: Document | None, now: datetime) -> bool:
    """Tell whether what doctor last saw may be over."""
    return seen is None or now - seen["at"] > STALE_AFTER


def causes(seen: Document) -> Iterator[tuple[Document, list[Document]]]:
    """Yield each finding that nothing explains, the worst first, with those that it explains."""
    by_name = {each["name"]: each for each in seen["unwell"]}
    for each in seen["unwell"]:
        if not each["explained_by"]:
            beneath = [
                other for other in seen["unwell"] if other is not each and _root(other, by_name) == each
            ]
            yield each, beneath


def _root(finding: Document, by_name: dict[str, Document]) -> Document:
    while finding["explained_by"]:
        finding = by_name[finding["explained_by"][0]]
    return finding


def _those_of_this_machine(checks: Sequence[Check]) -> tuple[list[Check], list[str]]:
    """Return the checks to make, and the names of those that would look for the web process in vain.

    In containers, or with a worker on a machine of its own, it lives elsewhere.
    """
    seen, here = wellbeing.picture(), socket.gethostname()
    hosts = {each["host"] for each in seen.living(process.WEB)}
    if not hosts or here in hosts:
        return list(checks), []
    made = [check for check in checks if check.name not in BESIDE_THE_WEB]
    return made, [check.name for check in checks if check.name in BESIDE_THE_WEB]


def _minute(moment: datetime) -> str:
    return moment.replace(second=0, microsecond=0).isoformat()
