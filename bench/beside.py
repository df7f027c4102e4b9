"""What works beside the people's requests: the ledger check, backups, and what has expired."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bench import supply
from bench.serving import ROOT
from bench.supply import World

BACKUP = ("manage.py", "backup", "--keep", "1")
PAUSE_SECONDS = 30.0
# What the unit's CPUWeight=20 comes to: a fifth of the others' share.
NICE = 7


@dataclass
class Beside:
    """What they came to: seconds of each ledger check and backup, and how many backups failed."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"ledger check": [], "backup": []})
    failed: int = 0

    def run_until(self, ended: threading.Event) -> None:
        """Back up over and over, with pauses; the one at work at the end is waited for.

        The worker checks the ledger as in each night: after every backup it is told anew that it is time.
        """
        self._let_check()
        while not ended.is_set():
            began = time.monotonic()
            done = subprocess.run(
                ["nice", "-n", str(NICE), sys.executable, *BACKUP],
                cwd=ROOT,
                env=os.environ,
                capture_output=True,
                check=False,
            )
            self.failed += done.returncode != 0
            self.seconds["backup"].append(time.monotonic() - began)
            ended.wait(PAUSE_SECONDS)
            self._note_check()

    def _note_check(self) -> None:
        """Note how long the last check took, pauses included, if one has ended; the next may begin."""
        if last := self._let_check():
            self.seconds["ledger check"].append((last["ended_at"] - last["began_at"]).total_seconds())

    def _let_check(self) -> dict[str, Any] | None:
        """Let a check begin with the worker's next tick; returns how the one before ended."""
        from ops.mongo.collections import control_collection  # noqa: PLC0415  # the settings must be there first
        from tokens.actions.checking import LAST, NAME  # noqa: PLC0415

        checks = control_collection(NAME)
        last = checks.find_one({"_id": LAST})
        checks.delete({"_id": LAST})
        return last


@contextmanager
def alongside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do something in a thread as long as the block does; it is told of the end, and waited for."""
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(ended,))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def at_work() -> Iterator[Beside]:
    """Let the commands run as long as the block does."""
    beside = Beside()
    with alongside(beside.run_until):
        yield beside


def let_expire(world: World, count: int, seconds: float) -> None:
    """Write pending invitations that expire one after the other in the seconds to come."""
    from ops import clock  # noqa: PLC0415  # the settings must be there first
    from ops.mongo.collections import collection  # noqa: PLC0415

    supply.invitations(world, count)
    now = clock.now()
    written: list[dict[str, Any]] = [{"_id": each} for _, each in world.invitations]
    raw = collection("family_invitations").raw
    for number, each in enumerate(written):
        at = now + timedelta(seconds=seconds * number / len(written))
        raw.update_one(each, {"$set": {"expires_at": at, "remind_at": None}})


def expired() -> dict[str, int]:
    """Return how many invitations were marked as expired, and how many are more than two minutes late."""
    from families.invitations import queries  # noqa: PLC0415  # the settings must be there first
    from ops import clock  # noqa: PLC0415
    from ops.mongo.collections import collection  # noqa: PLC0415

    marked = collection("family_invitations").raw.count_documents({"status": "expired"})
    return {"marked": marked, "late": queries.overdue_count(clock.now() - timedelta(minutes=2))}
