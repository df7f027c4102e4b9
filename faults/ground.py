"""The live system that is broken: servers, processes, a front, a mail server, people who call, and doctor."""

import contextlib
import runpy
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from pymongo import MongoClient
from redis import Redis

from faults import front, members
from faults.front import Front
from faults.mail import MailServer
from faults.members import LOOPBACK, Client, ReplicaSet
from faults.part import ROOT, Part
from faults.said import Said
from ops.embedded import ports

if TYPE_CHECKING:
    import socket

    from faults.nuisance import Nuisance

CONTROL = "second_brain_control"
PEOPLE = 6  # the last of them never calls
WORKERS = 2
DOCTOR_SECONDS = 60.0  # only so that one that hangs ends
COMMAND_SECONDS = 180.0
# As a file: its package would read the settings, which are the system's and not this process'.
RUNNING = ROOT / "family_site" / "settings" / "running.py"
MANAGE = (sys.executable, str(ROOT / "manage.py"))


@dataclass
class Ground:
    """All parts of one system.

    Attributes:
        at: directory of its data.
        environment: of its processes, and of whoever types a command.
        held: connections that somebody keeps open.
        other: a program that does not belong to the system.
        nuisance: what somebody does again and again.
    """

    at: Path
    environment: dict[str, str]
    set: ReplicaSet
    cache_port: int
    broker_port: int
    web_port: int
    metrics_port: int
    mail: MailServer
    front: Front | None

    def __post_init__(self) -> None:
        """Describe the processes; none runs yet."""
        self.cache = members.redis_server("cache", self.cache_port, self.at, members.CACHE_OPTIONS)
        self.broker = members.redis_server("broker", self.broker_port, self.at, members.BROKER_OPTIONS)
        commands = runpy.run_path(str(RUNNING))["processes"](port=self.web_port, workers=WORKERS)
        self.web = self._part("web", commands["web"], lambda: self._gets(self.web_port, "/health/ready"))
        self.worker = self._part("worker", commands["worker"], lambda: self._beats("worker"))
        self.beat = self._part("beat", commands["beat"], lambda: self._beats("beat"))
        self.metrics = self._part("metrics", commands["metrics"], lambda: ports.answers(self.metrics_port))
        self.load: Part | None = None
        self.held: list[socket.socket] = []
        self.mounted: list[Path] = []
        self.other: Part | None = None
        self.nuisance: Nuisance | None = None

    def _part(self, name: str, command: Sequence[str], is_ready: Any) -> Part:
        return Part(name, command, self.environment, self.at / "log" / f"{name}.log", is_ready)

    def site(self) -> Front:
        """Return the front.

        Raises:
            LookupError: this machine has no nginx.
        """
        if self.front is None:
            raise LookupError("this machine has no nginx")
        return self.front

    @property
    def parts(self) -> list[Part]:
        """All processes, in the order in which they are started."""
        ours = [self.cache, self.broker, self.web, self.worker, self.beat, self.metrics]
        return [*self.set.parts, *ours, *([self.front.part] if self.front else [])]

    def start(self) -> None:
        """Start all of it, and fill it."""
        for part in (*self.set.parts, self.cache, self.broker):
            part.start()
        self.set.initiate()
        self.mail.start()
        names = self._run([sys.executable, "-m", "faults.seed", str(PEOPLE)]).split()
        for command in ("backup", "restore_drill", "verify_ledger"):
            self.manage(command)
        for part in self.parts:
            part.start()
        address = (
            f"https://{front.NAME}:{self.front.port}" if self.front else f"http://{LOOPBACK}:{self.web_port}"
        )
        self.load = self._part(
            "load", [sys.executable, "-m", "faults.load", address, *names[:-1]], lambda: True
        )
        self.load.start()

    def stop(self) -> None:
        """End all of it."""
        self.leave_alone()
        for part in reversed([*self.parts, *([self.load] if self.load else [])]):
            part.kill()
        self.mail.stop()
        self.unmount()

    def mend(self) -> None:
        """Start and thaw whatever does not run."""
        self.leave_alone()
        for part in self.parts:
            part.thaw()
            part.start(wait=False)
        self.mail.start()

    def forget(self) -> None:
        """Forget who was started and who died: so many of either in some minutes are a fault of their own."""
        with self.client() as client:
            control = client[CONTROL]
            control["deployments"].delete_many({})
            for each in control["heartbeats"].find({"role": {"$exists": True}}):
                if not psutil.pid_exists(each["pid"]):
                    control["heartbeats"].delete_one({"_id": each["_id"]})

    def mount(self, directory: Path, size: str) -> None:
        """Put a small disk in memory over a directory."""
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory)], check=True)
        self.mounted.append(directory)

    def unmount(self) -> None:
        """Take such disks away."""
        while self.mounted:
            subprocess.run(["umount", "--lazy", str(self.mounted.pop())], check=True)

    def leave_alone(self) -> None:
        """End what does not belong to the system."""
        while self.held:
            self.held.pop().close()
        if self.other is not None:
            self.other.kill()
            self.other = None
        if self.nuisance is not None:
            self.nuisance.end()
            self.nuisance = None

    # What somebody types -------------------------------------------------------------------------

    def doctor(self, *words: str, command: Sequence[str] = MANAGE, **changed: str) -> Said:
        """Run ``manage.py doctor --json``, with these variables changed."""
        began = time.monotonic()
        done = subprocess.run(
            [*command, "doctor", "--json", *words],
            cwd=ROOT,
            env={**self.environment, **changed},
            check=False,
            capture_output=True,
            timeout=DOCTOR_SECONDS,
        )
        return Said.read(done.stdout, done.stderr, time.monotonic() - began)

    def manage(self, *words: str, **changed: str) -> str:
        """Run a command of ``manage.py``; returns what it printed.

        Raises:
            RuntimeError: it failed.
        """
        return self._run([*MANAGE, *words], **changed)

    def tried(self, *words: str, **changed: str) -> None:
        """Run a command of ``manage.py`` that may fail: what it finds is its answer."""
        self._ran([*MANAGE, *words], **changed)

    def _run(self, command: Sequence[str], **changed: str) -> str:
        done = self._ran(command, **changed)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command[1:])}: {done.stderr.strip()[-500:] or done.stdout[-500:]}")
        return done.stdout

    def _ran(self, command: Sequence[str], **changed: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, **changed},
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )

    # What somebody changes past the product ------------------------------------------------------

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        """Connect with the replica set."""
        with MongoClient[dict[str, Any]](self.set.uri, serverSelectionTimeoutMS=10_000) as client:
            yield client

    @contextlib.contextmanager
    def redis(self) -> Iterator[Redis]:
        """Connect with the cache's Redis."""
        with members.redis_client(self.cache_port) as client:
            yield client

    def _beats(self, role: str) -> bool:
        with self.client() as client:
            here = self.worker if role == "worker" else self.beat
            seen = client[CONTROL]["heartbeats"].find_one(
                {"role": role, "pid": here.process.pid if here.process else 0}
            )
            return seen is not None

    def _gets(self, port: int, path: str) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://{LOOPBACK}:{port}{path}", timeout=3),
        ):
            return True
        return False
