"""Mails through a server that behaves badly, by processes that are killed, with Redis emptied.

None is lost: each is delivered, or a dead letter that says why; what is delivered twice is the same mail to
its reader. Source: HTTP contract, section 18 (rules 18 and 20). ``make soak`` sends a thousand.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from family_site.settings.environment import BASE_DIR
from ops import clock
from ops.embedded.ties import die_with_parent
from ops.mongo.unit_of_work import unit_of_work
from ops.outbox.queue import queue
from ops.redis import store
from tests.database import documents
from tests.mailbox import DATA, HANG_UP, MAIL, RCPT, Delivery, Mailbox
from tests.scale import SOAK

MAILS = 1000 if SOAK else 30
KILL_AFTER = 40 if SOAK else 8  # so many mails that were taken
PROCESSES = 3
PER_UNIT = 10
# A slot for each that lives, and for some that were killed, whose slots wait for the end of their leases.
LIMITS = {"MAIL_PER_MINUTE": "1000000", "MAIL_CONCURRENCY": "12"}
WAIT_SECONDS = 900.0 if SOAK else 180.0  # only so that a broken test ends
UNKNOWN = "550 5.1.1 Unknown"
AT_FIRST = {
    (1, RCPT): "451 4.7.1 Greylisted",
    (2, RCPT): "451 4.7.1 Greylisted",
    (3, RCPT): HANG_UP,
    (4, DATA): "421 4.3.2 Closing",
}
CONTEXT = {"asked_by": "shell:storm", "asked_at": "2026-11-25 12:00:00 UTC"}


class BadServer:
    """Behaves by the number of the person, badly at the first time only; refuses one in ten for good."""

    def __init__(self) -> None:
        """Begin without having seen anybody."""
        self.seen: Counter[tuple[str, str]] = Counter()
        self.is_away = False

    def __call__(self, stage: str, to: str) -> str | None:
        """Return what it answers."""
        if stage == MAIL:
            return "451 4.3.2 Not now" if self.is_away else None
        self.seen[stage, to] += 1
        kind, is_first = number_of(to) % 10, self.seen[stage, to] == 1
        if kind == 0 and stage == RCPT:
            return UNKNOWN
        return AT_FIRST.get((kind, stage)) if is_first else None


class Deliverers:
    """The processes: killed from time to time, and others started in their place."""

    def __init__(self, box: Mailbox, log: Path) -> None:
        """Start them."""
        environment = dict(os.environ) | LIMITS | {"MAIL_URL": box.url}
        database = str(connection.settings_dict["NAME"])
        with log.open("wb") as errors:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.deliverer", database],
                cwd=BASE_DIR,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
            )
        self._running: list[int] = []
        self.killed = 0
        self.taken = 0
        self.keep_up()

    def keep_up(self) -> None:
        """Start as many as are missing."""
        pipes = self._nursery.stdin, self._nursery.stdout
        assert pipes[0]
        assert pipes[1]
        while len(self._running) < PROCESSES:
            pipes[0].write(b"one more\n")
            pipes[0].flush()
            self._running.append(int(pipes[1].readline()))

    def kill_sometimes(self, _delivery: Delivery) -> None:
        """Kill all of them after so many mails: one has a mail that was taken, and does not know it yet."""
        self.taken += 1
        if self.taken % KILL_AFTER == 0:
            self.kill()

    def kill(self) -> None:
        """Kill all of them."""
        while self._running:
            os.kill(self._running.pop(), signal.SIGKILL)
            self.killed += 1

    def end(self) -> None:
        """Kill all of them, and let no other be started."""
        self.kill()
        self._nursery.kill()
        self._nursery.communicate()


@pytest.fixture
def server() -> BadServer:
    return BadServer()


@pytest.fixture
def box(server: BadServer) -> Iterator[Mailbox]:
    made = Mailbox(server)
    made.seconds = 0.01
    yield made
    made.stop()


@pytest.fixture
def deliverers(box: Mailbox, tmp_path: Path) -> Iterator[Deliverers]:
    made = Deliverers(box, tmp_path / "deliverers.log")
    box.taken = made.kill_sometimes
    yield made
    made.end()


@pytest.mark.long
@pytest.mark.scaled
def test_no_mail_is_lost_and_what_comes_twice_is_the_same(
    box: Mailbox, server: BadServer, deliverers: Deliverers
) -> None:
    began = time.monotonic()
    numbers = range(MAILS)
    for first in range(0, MAILS, PER_UNIT):
        _queue(numbers[first : first + PER_UNIT])

    wait_until(deliverers, lambda: len(box.deliveries) >= MAILS // 3)
    store().flushall()
    server.is_away = True
    wait_until(deliverers, lambda: _flow().get("failures", 0) >= 3)
    server.is_away = False
    wait_until(deliverers, lambda: _open() == 0)

    mails: dict[str, Any] = {each["message_id"]: each for each in documents("email_outbox")["email_outbox"]}
    arrived = Counter(each.message_id for each in box.deliveries)
    assert len(mails) == MAILS
    for message_id, mail in mails.items():
        if number_of(mail["to"]) % 10 == 0:
            assert (mail["status"], mail["fault"]) == ("dead_letter", "550 at RCPT: 5.1.1 Unknown")
            assert arrived[message_id] == 0
        else:
            assert (mail["status"], mail["fault"]) == ("sent", None)
            assert arrived[message_id] >= 1
    assert all(mails[each.message_id]["to"] == each.to for each in box.deliveries)
    twice = arrived.total() - len(arrived)
    assert 1 <= twice <= deliverers.killed
    print(  # noqa: T201  # figures to read
        f"\noutbox: {MAILS} mails, {len(arrived)} delivered, {MAILS - len(arrived)} dead letters, none lost; "
        f"{deliverers.killed} processes killed, {twice} mails came twice or more under the same Message-ID; "
        f"{time.monotonic() - began:.0f} s"
    )


def wait_until(deliverers: Deliverers, condition: Any) -> None:
    ends_at = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, "it never came to be"
        deliverers.keep_up()
        time.sleep(0.2)  # the server is a thread of this process, and shall have its time


def number_of(address: str) -> int:
    return int(address.partition("@")[0].removeprefix("person-"))


@unit_of_work()
def _queue(numbers: range) -> None:
    for number in numbers:
        queue(
            "test", to=f"person-{number}@example.com", context=CONTEXT, key=f"storm:{number}", now=clock.now()
        )


def _open() -> int:
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    still_open = {"status": {"$in": ["queued", "sending"]}}
    count: int = database["email_outbox"].count_documents(still_open)
    return count


def _flow() -> dict[str, Any]:
    return next((each for each in documents("email_flow")["email_flow"] if each["_id"] == "server"), {})
