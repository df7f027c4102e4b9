"""``python -m bench.one_size --families N``: reads and jobs with so many families, as one JSON document.

Without ``--families`` it measures what is in the database that ``MONGODB_URI`` names, which it leaves as it
was but for new sessions and what is marked as expired.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

from bench import serving, world
from bench.load import Load
from bench.rows import ROWS, Row
from bench.supply import World
from bench.world import Caller

READS = ("my-families", "family", "statement", "validate")
CALLERS = 200
EXPIRING = 20_000


def main() -> None:
    """Fill the database, measure, and print."""
    options = _options()
    with world.servers() if options.families else nullcontext():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "family_site.settings")
        _fill(options.families)
        with serving.ours(options.workers) as (port, _):
            people = World(_callers())
            reads = {row.name: _read(row, people, port, options) for row in ROWS if row.name in READS}
        measured = {"families": _count("families"), "entries": _count("sbd_entries"), "reads": reads}
        print(json.dumps(measured | {"jobs": _jobs() if options.jobs else {}}))


def _fill(families: int) -> None:
    import django  # noqa: PLC0415  # the settings must be there first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if families:
        call_command("seed_bulk", families=families, stdout=sys.stderr)
    world.raise_limits()


def _count(name: str) -> int:
    from ops.mongo.collections import collection  # noqa: PLC0415  # the settings must be there first

    return collection(name).raw.estimated_document_count()


def _callers() -> list[Caller]:
    """Sign in some of the people who are there, from all over the collection, each with their family."""
    from family_site.identity import queries  # noqa: PLC0415  # the settings must be there first
    from family_site.identity.actions import signing_in  # noqa: PLC0415
    from ops import clock  # noqa: PLC0415
    from ops.actors import Actor  # noqa: PLC0415
    from ops.mongo.collections import collection  # noqa: PLC0415

    world.let_tokens_live()
    callers = []
    for family in collection("families").raw.aggregate([{"$sample": {"size": CALLERS}}]):
        user = queries.user_by_id(family["members"][0]["user_id"])
        if user is not None:
            opened = signing_in.open_session(user, actor=Actor.system("bench"), now=clock.now())
            callers.append(Caller(user["_id"], user["username"], opened.access_token, (family["_id"],)))
    return callers


def _read(row: Row, people: World, port: int, options: argparse.Namespace) -> dict[str, float]:
    """Return the median rate of several runs by 32 connections, and how long one by one has to wait."""
    load = Load(row.requests(row.path, people))
    load.run(port, connections=32, seconds=2)
    rates = [load.run(port, connections=32, seconds=options.seconds).rate for _ in range(options.rounds)]
    alone = load.run(port, connections=1, seconds=options.seconds)
    return {"rate": statistics.median(rates), "p50_ms": alone.percentile(50), "p95_ms": alone.percentile(95)}


def _jobs() -> dict[str, dict[str, float]]:
    return {
        "ledger check": _timed(_check_ledger),
        "expiry": _timed(_expire),
        "front page's numbers": _timed(_count_front),
    }


def _timed(job: Callable[[], int]) -> dict[str, float]:
    began = time.perf_counter()
    documents = job()
    seconds = time.perf_counter() - began
    return {"documents": documents, "seconds": seconds, "rate": documents / seconds}


def _check_ledger() -> int:
    from tokens.actions import checking  # noqa: PLC0415  # the settings must be there first

    progress = checking.check(checking.Scope(None, None), tell=lambda _: None)
    if progress.findings.broken:
        raise AssertionError(progress.findings)
    return progress.entries


def _expire() -> int:
    """Let some invitations be overdue, and mark them."""
    from families.invitations.actions import upkeep  # noqa: PLC0415  # the settings must be there first
    from ops import clock  # noqa: PLC0415
    from ops.actors import Actor  # noqa: PLC0415
    from ops.mongo.collections import collection  # noqa: PLC0415

    now = clock.now()
    pending = collection("family_invitations").find({"status": "pending"}, {"_id": 1}, limit=EXPIRING)
    overdue = {"_id": {"$in": [each["_id"] for each in pending]}}
    past = {"$set": {"expires_at": now - timedelta(minutes=1)}}
    collection("family_invitations").raw.update_many(overdue, past)
    return upkeep.expire_overdue(actor=Actor.system("bench"), now=now)


def _count_front() -> int:
    from ops import clock  # noqa: PLC0415  # the settings must be there first
    from ops.front import counting  # noqa: PLC0415

    return counting.count(clock.now())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.one_size", description=main.__doc__)
    parser.add_argument("--families", type=int, default=0, help="in a database of this run's own")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--no-jobs", dest="jobs", action="store_false", help="measure reads only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
