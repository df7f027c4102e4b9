"""``manage.py embedded start|stop|status``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ops import embedded
from ops.embedded.errors import EmbeddedError
from ops.embedded.state import Servers


def main(arguments: Sequence[str], *, var: Path, mongodb: bool, redis: bool) -> int:
    """Run the command; returns the exit status, 0: done, 1: not done, 3: ``status`` and nothing runs.

    Args:
        arguments: what was typed after ``embedded``.
        var: directory of the data.
        mongodb: whether mongod is ours to start; not when ``MONGODB_URI`` is set.
        redis: whether redis-server is ours to start; not when ``REDIS_URL`` is set.
    """
    parser = argparse.ArgumentParser(
        prog="manage.py embedded", description="The MongoDB and Redis of the demo; their data lie in var/."
    )
    parser.add_argument("action", choices=("start", "stop", "status"))
    action = parser.parse_args(arguments).action
    try:
        if action == "start":
            return _start(var, mongodb=mongodb, redis=redis)
        return _stop(var) if action == "stop" else _status(var)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _start(var: Path, *, mongodb: bool, redis: bool) -> int:
    if not mongodb and not redis:
        _say("nothing to start: MONGODB_URI and REDIS_URL are set")
        return 0
    _show(embedded.start(var, mongodb=mongodb, redis=redis))
    return 0


def _stop(var: Path) -> int:
    _say("stopped" if embedded.stop(var) else "nothing runs")
    return 0


def _status(var: Path) -> int:
    servers = embedded.running(var)
    if servers is None:
        _say("nothing runs: start it with `manage.py embedded start`")
        return 3
    _show(servers)
    return 0


def _show(servers: Servers) -> None:
    for name, address in (("MongoDB", servers.mongodb_uri), ("Redis", servers.redis_url)):
        _say(f"{name:8} {address or 'not started here, since another one is set'}")
    for note in servers.notes:
        _say(note)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
