"""Servers' processes: which they are, and how they are stopped and killed."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator

from pymongo import MongoClient
from redis import Redis

from ops.embedded import ports


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def kill(pid: int, address: str) -> None:
    os.kill(pid, signal.SIGKILL)
    while ports.answers(port_of(address)):
        time.sleep(0.02)


def mongod_of(uri: str) -> int:
    with MongoClient[dict[str, object]](uri) as client:
        return int(client.admin.command("serverStatus")["pid"])


def redis_of(url: str) -> int:
    pid: int = Redis.from_url(url).info("server")["process_id"]
    return pid


def port_of(address: str) -> int:
    return int(re.findall(r":(\d+)", address)[0])
