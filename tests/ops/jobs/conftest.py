"""A real worker and a real beat, with a Redis of their own that tests may stop, kill and empty."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from celery import Celery
from django.db import connections

from ops.embedded import binaries
from ops.embedded.layout import Layout
from ops.embedded.redis_server import RedisServer
from ops.jobs import broker, heartbeats
from ops.mongo.collections import Document, control_collection
from tests.e2e.processes import wait_until
from tests.faults.conftest import Server, environment_of, spawn, var_directory
from tests.ops.jobs.names import RUNS

CELERY = [sys.executable, "-m", "celery", "--quiet", "--app", "tests.ops.jobs.app"]


@dataclass
class Site:
    """Redis, and what was started beside it."""

    redis: Server
    var: Path
    processes: dict[str, Any]
    environment: dict[str, str]

    @property
    def broker(self) -> str:
        """Address of the queue."""
        return broker.beside(self.redis.address)

    def start(self, **words: tuple[str, ...]) -> None:
        """Start workers and beats under these names, and wait until each says that it lives."""
        for name, arguments in words.items():
            log = self.var / f"{name}.log"
            self.processes[name] = spawn([*CELERY, *arguments], self.environment, log)
        started = {self.processes[name].pid for name in words}
        assert wait_until(lambda: started <= {each.get("pid") for each in heartbeats.every()})

    @property
    def worker(self) -> psutil.Process:
        """The parent of the worker's children."""
        return psutil.Process(self.processes["worker"].pid)

    def send(self, task: str, *arguments: Any) -> str:
        """Put a task into the queue; returns its id."""
        with Celery(broker=self.broker, set_as_current=False) as sender:
            sent = sender.send_task(task, arguments, queue=broker.QUEUE, ignore_result=True)
        return str(sent.id)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of a log; each is one JSON document."""
        return [json.loads(line) for line in (self.var / f"{name}.log").read_text().splitlines()]


@pytest.fixture(scope="module")
def site(_database: None) -> Iterator[Site]:
    """A worker with two children, beat, and their Redis. MongoDB is this run's own."""
    control_collection(RUNS).delete({})
    control_collection(heartbeats.NAME).delete({})
    with var_directory() as var:
        layout = Layout(var)
        layout.prepare()
        redis = Server.start(RedisServer(layout, binaries.find("redis-server")))
        environment = environment_of(
            var,
            MONGODB_URI=os.environ["MONGODB_URI"],
            REDIS_URL=redis.address,
            TESTS_DATABASE=str(connections["default"].settings_dict["NAME"]),
        )
        site = Site(redis, var, {}, environment)
        try:
            site.start(worker=("worker",), beat=("beat",))
            yield site
        finally:
            for process in site.processes.values():
                process.kill()
                process.wait()
            redis.process.kill()
            redis.process.wait()


def run(name: str) -> Document | None:
    """Return what a job of tests has noted."""
    return control_collection(RUNS).find_one({"_id": name})


def runs(name: str) -> int:
    """Return how often a job of tests has noted this."""
    return int((run(name) or {"times": 0})["times"])


def beat_of(name: str) -> Document:
    """Return a heartbeat; an empty one if there is none."""
    return control_collection(heartbeats.NAME).find_one({"_id": name}) or {}
