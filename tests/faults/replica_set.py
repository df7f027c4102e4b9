"""A replica set of three mongods, whose primary can be killed or made to step down."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from ops.embedded import binaries, ports
from ops.embedded.mongod import SET_SETTINGS, WIRED_TIGER
from tests.faults.conftest import spawn, until

if TYPE_CHECKING:
    import subprocess

MEMBERS = 3
SET_NAME = "sbd-failover"
STEP_DOWN_SECONDS = 5  # so long the one that stepped down does not stand for election
CATCH_UP_SECONDS = 4  # most that it waits before for another member to have all it has
PRIMARY, SECONDARY = 1, 2  # states, as `replSetGetStatus` has them
PARAMETERS = ("transactionLifetimeLimitSeconds=5", "diagnosticDataCollectionEnabled=false")


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that this one started, unless it has ended."""
    if process.poll() is None:
        psutil.Process(process.pid).kill()
    process.wait()


@dataclass
class Member:
    """One mongod, and a connection to it alone."""

    data: Path
    port: int
    process: "subprocess.Popen[bytes]" = field(init=False)
    client: "MongoClient[dict[str, Any]]" = field(init=False)

    def __post_init__(self) -> None:
        """Start it."""
        self.data.mkdir()
        self.start()
        self.client = MongoClient(
            ports.LOOPBACK, self.port, directConnection=True, serverSelectionTimeoutMS=1000
        )

    @property
    def host(self) -> str:
        """The name under which the set knows it."""
        return f"{ports.LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start the process on the data that are there, tied to this one."""
        command = [
            *(str(binaries.find("mongod")), "--dbpath", str(self.data), "--nounixsocket", "--quiet"),
            *("--bind_ip", ports.LOOPBACK, "--port", str(self.port), "--replSet", SET_NAME),
            *("--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"),
            *("--wiredTigerEngineConfigString", WIRED_TIGER),
            *(word for parameter in PARAMETERS for word in ("--setParameter", parameter)),
        ]
        self.process = spawn(command, dict(os.environ, LC_ALL="C"), self.data.with_suffix(".log"))
        until(lambda: ports.answers(self.port))

    def kill(self) -> None:
        """Kill the process: no goodbye to anybody."""
        end(self.process)

    def state(self) -> int | None:
        """Return its state by its own word; ``None``: it gives none."""
        if self.process.poll() is None:
            with contextlib.suppress(PyMongoError):
                return int(self.client.admin.command("replSetGetStatus")["myState"])
        return None

    def step_down(self) -> None:
        """Let another member become the primary."""
        self.client.admin.command(
            "replSetStepDown", STEP_DOWN_SECONDS, secondaryCatchUpPeriodSecs=CATCH_UP_SECONDS
        )


@dataclass
class ReplicaSet:
    """The three."""

    members: list[Member]

    @property
    def uri(self) -> str:
        """The address for clients."""
        hosts = ",".join(member.host for member in self.members)
        return f"mongodb://{hosts}/?replicaSet={SET_NAME}"

    def initiate(self) -> None:
        """Make them a set, and wait until it is whole."""
        hosts = [{"_id": number, "host": member.host} for number, member in enumerate(self.members)]
        config = {"_id": SET_NAME, "members": hosts, "settings": SET_SETTINGS}
        self.members[0].client.admin.command("replSetInitiate", config)
        until(self.is_whole)

    def is_whole(self) -> bool:
        """Tell whether there are a primary and two secondaries."""
        states = sorted(member.state() or 0 for member in self.members)
        return states == [PRIMARY, SECONDARY, SECONDARY]

    def primary(self) -> Member | None:
        """Return the primary, if there is one."""
        return next((member for member in self.members if member.state() == PRIMARY), None)

    def new_primary(self, old: Member) -> bool:
        """Tell whether another one than ``old`` is the primary."""
        return self.primary() not in (None, old)


@contextlib.contextmanager
def replica_set(directory: Path) -> Iterator[ReplicaSet]:
    """Start a set of its own, with its data below ``directory``; end it afterwards."""
    free: set[int] = set()
    while len(free) < MEMBERS:
        free.add(next(ports.candidates(None, "MONGODB_URI")))
    members: list[Member] = []
    try:
        members += (Member(directory / f"mongod-{port}", port) for port in sorted(free))
        found = ReplicaSet(members)
        found.initiate()
        yield found
    finally:
        for member in members:
            member.client.close()
            member.kill()
