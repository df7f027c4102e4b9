"""``manage.py access list|block|allow|remove|nginx``: who is kept out, and who is let in nevertheless.

manage.py access block network 203.0.113.0/24 --for 24h --reason "guesses passwords"
manage.py access remove block network 203.0.113.0/24 --reason "it was a customer"

``nginx`` prints the rules of addresses and networks as nginx reads them; with ``--file`` it writes them
there, and its exit status is 0 if that changed the file, 3 if not.
"""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.access import changing, in_force, listing, nginx
from ops.access.changing import Wanted
from ops.access.nginx import NotTakenError
from ops.actors import Actor
from ops.errors import DatabaseUnavailableError, DomainError
from ops.guarding import AccessList, RuleKind
from ops.mongo import faults
from ops.mongo.collections import Document
from ops.paging import Part
from ops.spans import duration

SHOWN = 100
AWAY, UNCHANGED = 2, 3
GONE = "MongoDB cannot be reached; nothing was changed."
SHORTEST_REASON, LONGEST_REASON = 5, 500
MAKE: Mapping[str, Callable[..., Document]] = {"block": changing.block, "allow": changing.allow}


class Command(BaseCommand):
    help = "Show, make and remove the rules by which addresses, networks and people are kept out or let in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and to whom."""
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("list", help=f"the newest {SHOWN} rules of each list")
        for name in MAKE:
            deed = deeds.add_parser(name)
            _add_rule(deed)
            deed.add_argument("--for", dest="span", type=duration, help="how long, for example 30m, 24h, 7d")
        deed = deeds.add_parser("remove")
        deed.add_argument("list", choices=list(MAKE))
        _add_rule(deed)
        deed = deeds.add_parser("nginx", help="the rules of addresses and networks, as nginx reads them")
        deed.add_argument("--file", type=Path, help="write them there, below what people wrote")
        deed.add_argument(
            "--then",
            action="append",
            default=[],
            metavar="COMMAND",
            help="run this after a change; if it fails, the file is put back as it was",
        )

    def handle(self, *_args: Any, deed: str, **options: Any) -> None:
        """Do it."""
        if deed == "list":
            for which in AccessList:
                self._show(which)
            return
        if deed == "nginx":
            self._tell_nginx(options["file"], options["then"])
            return
        kind, value, reason = RuleKind(options["kind"]), options["value"], options["reason"]
        try:
            if deed == "remove":
                self._remove(AccessList(options["list"]), kind, value, reason)
            else:
                self._make(deed, kind, value, options["span"], reason)
        except DomainError as error:
            details = error.details if isinstance(error.details, list) else []
            told = [error.message, *(f"{each['field']}: {each['message']}" for each in details)]
            raise CommandError(" ".join(told)) from None

    def _show(self, which: AccessList) -> None:
        now = clock.now()
        for rule in listing.page(which, Part(SHOWN)).rows:
            self.stdout.write(f"{which}  {rule['kind']:8}{rule['value']}  {_end(rule)}  {rule['reason']}")
            if rule["until"] is not None and rule["until"] <= now:
                self.stdout.write("       it has ended")

    def _tell_nginx(self, path: Path | None, then: Sequence[str]) -> None:
        """Read the rules from the database itself: a copy that lags behind would be written for a minute."""
        try:
            ours = nginx.lines(in_force.read().every)
            changed = path is not None and nginx.put(path, ours, then=then)
        except Exception as error:
            if isinstance(error, NotTakenError | OSError):
                raise CommandError(f"{error}. Nothing was changed.") from None
            if isinstance(error, DatabaseUnavailableError) or faults.is_unavailable(error):
                raise CommandError(
                    "MongoDB cannot be reached; nothing was changed.", returncode=AWAY
                ) from None
            raise
        if path is None:
            self.stdout.write("\n".join(ours))
        elif changed:
            self.stdout.write(f"{path} holds {len(ours)} rules.")
        else:
            sys.exit(UNCHANGED)

    def _make(self, deed: str, kind: RuleKind, value: str, span: timedelta | None, reason: str) -> None:
        now = clock.now()
        wanted = Wanted(kind, value, now + span if span else None, reason)
        rule = MAKE[deed](wanted, actor=Actor.shell(), now=now)
        self.stdout.write(f"{rule['list']} {rule['kind']} {rule['value']}, {_end(rule)}: in force in 2 s.")

    def _remove(self, which: AccessList, kind: RuleKind, value: str, reason: str) -> None:
        changing.remove(which, kind, value, actor=Actor.shell(), now=clock.now(), reason=reason)
        self.stdout.write(f"{which} {kind} {value} is gone; every process knows in 2 s.")


def _add_rule(parser: CommandParser) -> None:
    parser.add_argument("kind", choices=[str(each) for each in RuleKind])
    parser.add_argument("value", help="address, network, e-mail address, or id or name of a user")
    parser.add_argument("--reason", required=True, type=_reason, help="why, for the audit log")


def _end(rule: Document) -> str:
    return f"until {rule['until']:%Y-%m-%d %H:%M} UTC" if rule["until"] else "until it is removed"


def _reason(text: str) -> str:
    if not SHORTEST_REASON <= len(text.strip()) <= LONGEST_REASON:
        raise ArgumentTypeError(f"{SHORTEST_REASON} to {LONGEST_REASON} characters")
    return text.strip()
