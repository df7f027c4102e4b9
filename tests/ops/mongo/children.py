"""What tests run in a process of its own: ``python -m tests.ops.mongo.children WHAT DATABASE``."""

import os
import sys
import threading
from typing import Any

import django
from django.conf import settings

django.setup()

from django.db import connections  # noqa: E402  # needs the set-up
from pymongo import monitoring  # noqa: E402

from ops import deadline  # noqa: E402
from ops.mongo.unit_of_work import unit_of_work  # noqa: E402
from ops.web.problems import as_domain_error  # noqa: E402
from tests.ops.mongo.pots import Pot, add_by_driver, add_by_orm  # noqa: E402

THREADS = 32


class ClientCount(monitoring.TopologyListener):
    """Counts the clients of this process: each opens one topology."""

    def __init__(self) -> None:
        """Begin at none."""
        self.clients = 0

    def opened(self, event: monitoring.TopologyOpenedEvent) -> None:  # noqa: ARG002
        """Count."""
        self.clients += 1

    def description_changed(self, event: monitoring.TopologyDescriptionChangedEvent) -> None:
        """Ignore it."""

    def closed(self, event: monitoring.TopologyClosedEvent) -> None:
        """Ignore it."""


@unit_of_work()
def hold_the_pot() -> None:
    """Change the pot ``a`` and wait to be killed."""
    add_by_driver("a", 1)
    say("held")
    sys.stdin.read()


def connect_in_many_threads() -> None:
    """Let many threads make the first connection at the same time; say how many clients that made."""
    count, ready = ClientCount(), threading.Barrier(THREADS)
    monitoring.register(count)

    def look() -> None:
        ready.wait()
        Pot.objects.filter(pk="a").exists()

    threads = [threading.Thread(target=look) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    say(f"clients: {count.clients}")


def fork_after_use() -> None:
    """Use the database, fork, use it in both; say whose client the child had."""
    add_by_orm("a", 1)
    mine = client()
    child = os.fork()
    add_by_orm("a", 10)
    if child == 0:
        say(f"own client: {client() is not mine}")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    add_by_orm("a", 100)
    say(f"child ended with {status}, client kept: {client() is mine}")


@unit_of_work()
def fork_in_a_unit() -> None:
    """Fork while a unit is open: it stays the parent's."""
    add_by_driver("a", 1)
    connection: Any = connections["default"]
    child = os.fork()
    if child == 0:
        say(f"session: {connection.session}, open: {connection.in_atomic_block_mongo}")
        os._exit(0)
    os.waitpid(child, 0)
    add_by_driver("a", 1)


def meet_nobody() -> None:
    """Say what a unit answers when nobody listens at the database's address."""
    try:
        with deadline.within(0.3):
            unit_of_work()(lambda: add_by_orm("a", 1))()
    except Exception as error:  # noqa: BLE001  # whatever it is
        say(as_domain_error(error).code)


def client() -> Any:
    """Return this process' client."""
    connection: Any = connections["default"]
    return connection.connection


def say(words: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = sys.argv[2]
    connections["default"].settings_dict["NAME"] = sys.argv[2]
    globals()[sys.argv[1]]()
