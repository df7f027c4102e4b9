"""``manage.py embedded start|stop|status``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ops import embedded
from ops.embedded.errors import EmbeddedError
from ops.embedded.place import Place
from ops.embedded.state import Servers

DONE, NOT_DONE, NOTHING_RUNS = 0, 1, 3


def main(arguments: Sequence[str], *, settings_error: Exception | None = None) -> int:
    """Run the command without Django, while the settings are broken; returns the exit status."""
    if settings_error and "start" in arguments:  # they must be mended before anything can use the servers
        sys.stderr.write(f"{settings_error}\n")
    return run(arguments, Place.from_environment())


def run(arguments: Sequence[str], place: Place) -> int:
    """Run the command; returns the exit status, 0: done, 1: not done, 3: ``status`` and nothing runs.

    Args:
        arguments: what was typed after ``embedded``.
        place: where the data are, and what may be started.
    """
    parser = argparse.ArgumentParser(
        prog="manage.py embedded", description="The MongoDB and Redis of the demo; their data lie in var/."
    )
    parser.add_argument("action", choices=("start", "stop", "status"))
    action = parser.parse_args(arguments).action
    try:
        if action == "start":
            return _start(place)
        return _stop(place.var) if action == "stop" else _status(place.var)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_DONE


def _start(place: Place) -> int:
    if place.production:
        raise EmbeddedError("The embedded servers are for the demo: set SBD_MODE=demo, or use real servers")
    if not place.mongodb and not place.redis:
        _say("nothing to start: MONGODB_URI and REDIS_URL are set")
        return DONE
    _show(embedded.start(place.var, mongodb=place.mongodb, redis=place.redis))
    return DONE


def _stop(var: Path) -> int:
    _say("stopped" if embedded.stop(var) else "nothing runs")
    return DONE


def _status(var: Path) -> int:
    servers = embedded.running(var)
    if servers is None:
        _say("nothing runs: start it with `manage.py embedded start`")
        return NOTHING_RUNS
    _show(servers)
    return DONE


def _show(servers: Servers) -> None:
    for name, address in (("MongoDB", servers.mongodb_uri), ("Redis", servers.redis_url)):
        _say(f"{name:8} {address or 'not started here, since another one is set'}")
    for note in servers.notes:
        _say(note)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
