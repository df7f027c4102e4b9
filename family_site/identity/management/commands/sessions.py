"""``manage.py sessions list|end``: where somebody is signed in, as the collection has it, and an end of it.

Exit status 0: done; 1: there is no such user; 2: MongoDB is away, and nothing was changed.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from family_site.identity import queries, rules
from family_site.identity.actions import ending
from family_site.identity.management.people import add_reason, user_called
from ops import clock
from ops.actors import Actor
from ops.errors import DatabaseUnavailableError
from ops.mongo import breaker, faults
from ops.mongo.collections import Document

AWAY = 2
TIMES = ("created_at", "last_seen_at", "expires_at")


class Command(BaseCommand):
    help = "Show where somebody is signed in, or sign them out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and whose sessions it is about."""
        ways = parser.add_subparsers(dest="way", required=True, metavar="list|end")
        shown = ways.add_parser("list", help="the sessions in force, newest first")
        shown.add_argument("--json", action="store_true", help="print one JSON document")
        ended = ways.add_parser("end", help="all of them end, of API and browser")
        ended.add_argument("--tokens", action="store_true", help="revoke permanent tokens, too")
        add_reason(ended)
        whose = ended.add_mutually_exclusive_group(required=True)
        whose.add_argument("--all", action="store_true", dest="everybody", help="of everybody")
        for way in (whose, shown):
            way.add_argument("--user", required=way is shown, help="username or e-mail address")

    def handle(self, *_args: Any, way: str, user: str | None, **options: Any) -> None:
        """Do it, and say what was done."""
        try:
            _require_database()
            found = None if user is None else user_called(user)
            told = _listed(found, **options) if way == "list" and found else _ended(found, **options)
        except Exception as error:
            if isinstance(error, DatabaseUnavailableError) or faults.is_unavailable(error):
                raise CommandError(
                    "MongoDB cannot be reached; nothing was changed.", returncode=AWAY
                ) from error
            raise
        self.stdout.write(told)


def _require_database() -> None:
    """See to it that there is one; the driver itself would wait for a quarter of a minute."""
    if breaker.probe() is not None:
        raise DatabaseUnavailableError


def _ended(user: Document | None, *, reason: str, tokens: bool, **_options: Any) -> str:
    """End the sessions, and the tokens, of a user, or of everybody (``None``)."""
    who, now = Actor.shell(), clock.now()
    if user is None:
        number = ending.end_everybodys(actor=who, now=now, reason=reason)
    else:
        number = ending.end_all_by_staff(user["_id"], actor=who, now=now, reason=reason)
    told = [f"{number} session has" if number == 1 else f"{number} sessions have"]
    if tokens:
        revoked = ending.revoke_tokens(user["_id"] if user else None, actor=who, now=now, reason=reason)
        told.append(f"{revoked} permanent token has" if revoked == 1 else f"{revoked} permanent tokens have")
    return f"{user['username'] if user else 'Everybody'}: {' ended, '.join(told)} ended."


def _listed(user: Document, **options: Any) -> str:
    found = queries.sessions_of(user["_id"], now=clock.now())
    if options["json"]:
        return json.dumps([_as_json(each) for each in found], indent=2)
    if not found:
        return f"{user['username']} is signed in nowhere."
    return "\n".join(_as_line(each) for each in found)


def _as_json(session: Document) -> dict[str, Any]:
    times = {name: session[name].isoformat().replace("+00:00", "Z") for name in TIMES}
    return {
        "session_id": session["_id"],
        "kind": session["kind"],
        "device": rules.device(session["user_agent"]),
        "address": session["address"],
        **times,
    }


def _as_line(session: Document) -> str:
    opened, seen, ends = (f"{session[name]:%Y-%m-%d %H:%M}" for name in TIMES)
    device, address = rules.device(session["user_agent"]), session["address"] or "no address"
    what = f"{session['_id']}  {session['kind']:7}  {device}, {address}"
    return f"{what}  opened {opened}, seen {seen}, ends {ends} UTC"
