"""A million documents: how long backup, restore and drill take, and how much memory. By ``make soak``."""

import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from bson import Int64, ObjectId

from ops import clock
from ops.backup.places import Places
from tests.commands import unwatched
from tests.ops.backup.filled import Server, spawned
from tests.scale import SOAK

DOCUMENTS = 1_000_000 if SOAK else 20_000
AT_ONCE = 10_000
MOST_MB, MOST_SECONDS = 300, 300
pytestmark = [] if SOAK else [pytest.mark.long]
# `spoken_for`: as many bytes as an entry of a statement has.
FILLER = "x" * 180


def entries(first: int) -> Iterator[dict[str, object]]:
    for number in range(first, first + AT_ONCE):
        yield {
            "_id": f"many:{number}",
            "at": clock.now(),
            "number": Int64(number),
            "other": ObjectId(),
            "spoken_for": FILLER,
            "list": [number, str(number)],
        }


def measured(*words: str) -> tuple[int, float, float]:
    """Run a command in a process of its own; returns status, seconds, and its most memory in MB."""
    began, process, most = time.monotonic(), spawned(*words), 0
    seen = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            most = max(most, seen.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.05)
    return process.wait(), time.monotonic() - began, most / 2**20


def test_many_documents_take_minutes_and_little_memory(
    places: Places, server: Server, quieten: Callable[[], None], pytestconfig: pytest.Config
) -> None:
    with unwatched():
        many = server.database["many"]
        many.create_index([("number", 1), ("at", -1)])
        for first in range(0, DOCUMENTS, AT_ONCE):
            many.insert_many(list(entries(first)), ordered=False)
        before = server.database.command("dbHash")["collections"]["many"]

        lines = []
        for words in (["backup"], ["restore_drill"], ["restore", "--from", str(places.latest), "--apply"]):
            if words[0] == "restore":
                quieten()
            status, seconds, megabytes = measured(*words)
            assert status == 0
            lines.append(f"{words[0]}: {seconds:.1f} s, {megabytes:.0f} MB")
            assert megabytes < MOST_MB
            assert not SOAK or seconds < MOST_SECONDS

        assert server.database.command("dbHash")["collections"]["many"] == before
        server.database.drop_collection("many")
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    if SOAK and reporter is not None:
        reporter.write_line(f"{DOCUMENTS:,} documents; {'; '.join(lines)}")
