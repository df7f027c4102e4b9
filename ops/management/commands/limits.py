"""``manage.py limits``: rate limits seen, overridden for a time, and counters cleared.

Exit status 0: done; 1: refused, nothing was changed; 2: MongoDB or Redis is away, not all is known or done.
"""

from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from typing import Any

import pymongo
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from ops import clock
from ops.actors import Actor
from ops.errors import (
    DatabaseUnavailableError,
    DomainError,
    ServiceUnavailableError,
    ValidationFailedError,
)
from ops.limits import counters, overrides, overriding, upkeep
from ops.limits.overrides import Override
from ops.limits.overriding import Wanted
from ops.limits.table import LIMITS
from ops.management import limit_tables
from ops.spans import duration, moment

AWAY = 2
# As long as the driver needs to notice that nobody is there, and then some.
SECONDS = 2.0
REASON_LENGTH = (5, 500)
ABSENT = (PyMongoError, DatabaseError, DatabaseUnavailableError)


class Command(BaseCommand):
    help = "Show rate limits, override them for a time, clear counters."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        ways = parser.add_subparsers(dest="way", required=True, metavar="show|set|clear|remirror")
        show = ways.add_parser("show", help="the limits of all operations, and what holds instead")
        show.add_argument("--user", metavar="ID", help="this user's counters, too")
        _add_setting(ways.add_parser("set", help="let a limit hold for a time in place of the table's"))
        _add_clearing(ways.add_parser("clear", help="end an override, or let people begin to count anew"))
        ways.add_parser("remirror", help="write rate_limit_config in Redis anew, and give counters an end")

    def handle(self, *_args: Any, way: str, **options: Any) -> None:
        """Do it, and say what was done."""
        ways: dict[str, Callable[..., None]] = {
            "show": self._show,
            "set": self._set,
            "clear": self._clear,
            "remirror": self._remirror,
        }
        try:
            ways[way](options)
        except ValidationFailedError as error:
            raise CommandError(_faults(error)) from error
        except ServiceUnavailableError as error:
            raise CommandError(f"{error.message} Nothing was cleared.", returncode=AWAY) from error
        except RedisError as error:
            raise CommandError("Redis cannot be reached.", returncode=AWAY) from error
        except ABSENT as error:
            raise CommandError("MongoDB cannot be reached; nothing was changed.", returncode=AWAY) from error

    def _show(self, options: dict[str, Any]) -> None:
        unknown = []
        held = _held()
        if held is None:
            unknown.append("MongoDB cannot be reached: which overrides are in force is not known.")
        self.stdout.write(limit_tables.of_limits(held or ()))
        if options["user"]:
            try:
                self.stdout.write(f"\n{_counters(options['user'], held or ())}")
            except RedisError:
                unknown.append("Redis cannot be reached: what was counted is not known.")
        if unknown:
            raise CommandError("\n".join(unknown), returncode=AWAY)

    def _set(self, options: dict[str, Any]) -> None:
        now = clock.now()
        until = now + options["time"] if options["time"] else options["until"]
        wanted = Wanted(options["endpoint"], options["limit"], options["window"], until, options["reason"])
        made = overriding.set_override(wanted, actor=Actor.shell(), now=now)
        span = limit_tables.period(made.window)
        self.stdout.write(f"{made.operation}: {made.most} / {span} until {made.until:%Y-%m-%d %H:%M:%SZ}.")

    def _clear(self, options: dict[str, Any]) -> None:
        who = {"actor": Actor.shell(), "now": clock.now(), "reason": options["reason"]}
        sign_in = options["scope"] is not None
        if options["endpoint"] is None:
            cleared = overriding.clear_counters(options["user"], **who, sign_in=sign_in)
            self.stdout.write(f"{cleared} {'counter' if cleared == 1 else 'counters'} cleared.")
            return
        if sign_in:
            raise CommandError("--scope says something of counters only: use it with --user or --all.")
        ended = overriding.remove_override(options["endpoint"], **who)
        self.stdout.write("The table's limit holds again." if ended else "There was no override.")

    def _remirror(self, _options: dict[str, Any]) -> None:
        differed = upkeep.remirror(now=clock.now())
        mended = upkeep.Search().go_on()
        told = "differed, and was written anew" if differed else "is as it must be"
        self.stdout.write(f"rate_limit_config {told}. Counters that had no end: {mended}.")


def _add_setting(parser: CommandParser) -> None:
    parser.add_argument("endpoint", help="an operation, a path, or 'METHOD /path'")
    parser.add_argument("--limit", type=int, required=True, help="calls in a window, 1 to 1000000")
    parser.add_argument("--window", type=int, required=True, help="seconds, 1 to 86400")
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--for", dest="time", type=duration, help="30m, 2h, 7d; without an end 24 hours")
    end.add_argument("--until", type=moment, help="2026-11-27T03:00Z; at most 30 days away")
    parser.add_argument("--reason", required=True, type=_reason, help="why, for the audit log")


def _add_clearing(parser: CommandParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("endpoint", nargs="?", help="whose override ends")
    what.add_argument("--user", metavar="ID", help="whose counters go")
    what.add_argument("--all", action="store_true", help="everybody's counters go; overrides stay")
    parser.add_argument("--scope", choices=["login"], help="counters of signing in go, too")
    parser.add_argument("--reason", type=_reason, help="why, for the audit log")


def _held() -> list[Override] | None:
    try:
        with pymongo.timeout(SECONDS):
            return overrides.stored(clock.now())
    except ABSENT:
        return None


def _counters(user_id: str, held: Sequence[Override]) -> str:
    limits = {name: limit.most for name, limit in LIMITS.items()}
    return limit_tables.of_counters(
        counters.of_user(user_id), limits | {each.operation: each.most for each in held}
    )


def _faults(error: DomainError) -> str:
    details = error.details if isinstance(error.details, list) else []
    return "\n".join(f"{each['field'].removeprefix('query.')}: {each['message']}" for each in details)


def _reason(text: str) -> str:
    shortest, longest = REASON_LENGTH
    if not shortest <= len(text.strip()) <= longest:
        raise ArgumentTypeError(f"{shortest} to {longest} characters")
    return text.strip()
