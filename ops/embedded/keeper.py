"""The process that owns the embedded servers: ``python -m ops.embedded.keeper``, started by ``start``.

It lives as long as they do. Its lock is the proof of life; when it dies, however it dies, the kernel ends
its servers and frees the lock.
"""

import argparse
import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.embedded import process
from ops.embedded.errors import EmbeddedError
from ops.embedded.layout import Layout
from ops.embedded.mongod import Mongod
from ops.embedded.process import InterruptedStartError, Kind, Server
from ops.embedded.redis_server import RedisServer
from ops.embedded.state import Servers
from ops.embedded.watch import Watch

LOCK_TRIES = 20  # somebody who only looks whether the lock is held, holds it for a moment
LOOK_SECONDS = 0.25


class BusyError(Exception):
    """Another keeper has the lock."""


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop; the file descriptor ``--report`` gets one line of JSON when it is decided.

    That line has ``servers`` (as in the state file), ``error`` (a sentence) or ``busy``.
    """
    options = _options(arguments)
    layout = Layout(options.var)
    watch = Watch(tied_to=options.tie_to)
    try:
        _take_lock(layout)
        return _serve(layout, options, watch)
    except BusyError:
        _report(options.report, {"busy": True})
        return 0
    except InterruptedStartError as reason:
        _say(f"stopped while starting: {reason}")
        _report(options.report, {"error": f"The start was broken off: {reason}"})
        return 0
    except EmbeddedError as error:
        _say(str(error))
        _report(options.report, {"error": str(error)})
        return 1


def _serve(layout: Layout, options: argparse.Namespace, watch: Watch) -> int:
    layout.state.unlink(missing_ok=True)
    servers: list[Server] = []
    try:
        for kind in _kinds(layout, options):
            server = process.start(kind, preferred_ports=not options.random_ports, watch=watch)
            servers.append(server)  # a fault at the second must find the first in the list
        described = _described(servers, options)
        layout.write_state(described.as_json())
        _say(f"serving: {described.mongodb_uri or 'no MongoDB'}, {described.redis_url or 'no Redis'}")
        _report(options.report, {"servers": described.as_json()})
        return _watch_over(servers, watch)
    finally:
        layout.state.unlink(missing_ok=True)
        process.stop(servers)


def _watch_over(servers: list[Server], watch: Watch) -> int:
    while not watch.pause(LOOK_SECONDS):
        for server in servers:
            if end := process.end_of(server):
                _say(f"{end}; stopping the rest")
                return 1
    _say(f"stopping: {watch.reason}")
    return 0


def _kinds(layout: Layout, options: argparse.Namespace) -> Iterator[Kind]:
    if options.redis_server:
        yield RedisServer(layout, options.redis_server)
    if options.mongod:
        yield Mongod(layout, options.mongod, test_commands=options.test_commands)


def _described(servers: list[Server], options: argparse.Namespace) -> Servers:
    addresses = {server.kind.name: server.kind.address(server.port) for server in servers}
    notes = () if options.random_ports else tuple(server.note for server in servers if server.note)
    return Servers(addresses.get("MongoDB"), addresses.get("Redis"), os.getpid(), notes, options.tie_to)


def _take_lock(layout: Layout) -> None:
    """Take the keeper's lock, and never let it go: the end of this process frees it, however it comes.

    Its file tells ``stop`` whom to ask, also while the servers start.

    Raises:
        BusyError: another keeper has it.
    """
    lock = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(LOCK_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # As long as any pid, so that no digits of an earlier one are left.
            os.pwrite(lock, f"{os.getpid():<20}\n".encode(), 0)
            return
        time.sleep(0.01)
    raise BusyError


def _report(file_descriptor: int, message: dict[str, object]) -> None:
    with contextlib.suppress(OSError):  # whoever wanted to know may be gone
        os.write(file_descriptor, json.dumps(message).encode() + b"\n")
        os.close(file_descriptor)


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} keeper {os.getpid()}: {line}\n")
    sys.stdout.flush()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.embedded.keeper")
    parser.add_argument("--var", type=Path, required=True, help="directory of data, logs and lock")
    parser.add_argument("--report", type=int, required=True, help="file descriptor for the line of JSON")
    parser.add_argument("--mongod", type=Path, help="the program; without it MongoDB is not started")
    parser.add_argument("--redis-server", type=Path, help="the program; without it Redis is not started")
    parser.add_argument("--tie-to", type=int, help="pid of the parent whose end is ours")
    parser.add_argument("--random-ports", action="store_true")
    parser.add_argument("--test-commands", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
