"""Very many overdue invitations expire while people read: 2,000 in the suite, 100,000 by ``make soak``."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from families.invitations.actions import upkeep
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from tests.api import Api
from tests.commands import unwatched
from tests.factories import Person, new_family
from tests.families.overdue import insert_overdue
from tests.scale import SOAK

MANY = 100_000 if SOAK else 2_000
AT_ONCE = 10_000  # in one command
READS = 100


def milliseconds(read: Callable[[], object]) -> float:
    began = time.perf_counter()
    read()
    return (time.perf_counter() - began) * 1000


def test_all_expire_once_while_people_read(person: Person, pytestconfig: pytest.Config) -> None:
    path = f"/family/{new_family(person)['_id']}"
    reader = Api(person)

    def read() -> None:
        assert reader.get(path).status == 200

    with unwatched():
        for begin in range(0, MANY, AT_ONCE):
            insert_overdue(person, min(AT_ONCE, MANY - begin), first=begin)
    before = statistics.median(milliseconds(read) for _ in range(READS))
    began = time.perf_counter()
    with ThreadPoolExecutor(1) as job:
        expiring = job.submit(upkeep.expire_overdue, actor=Actor.system("beat"), now=clock.now())
        during = [milliseconds(read)]
        while not expiring.done():
            during.append(milliseconds(read))
            time.sleep(0.02)  # as people do; a loop without a pause would only compete for the one process
    seconds = time.perf_counter() - began

    assert expiring.result() == MANY
    with unwatched():
        assert collection("audit_log").raw.count_documents({"action": "invitation.expired"}) == MANY
        assert collection("family_invitations").raw.count_documents({"status": "pending"}) == 0
    reads = f"a read {before:.1f} ms before, {statistics.median(during):.1f} ms during"
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    if SOAK and reporter is not None:
        reporter.write_line(f"{MANY} in {seconds:.1f} s; {reads}")
