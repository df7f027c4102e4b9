"""``manage.py incident …``: what is wrong, who has it in hand, and what became of it.

manage.py incident open --kind outage --severity p1 --title "Nobody can sign in"
manage.py incident ack inc_…
manage.py incident resolve inc_… --text "Redis was given more memory"

Exit status: 0 done, or as it was wanted already; 1 refused, or there is no such incident; 2 mistyped;
3 not resolved, since it is not well yet: the output says what is not.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.actors import Actor
from ops.errors import DomainError, NotFoundError
from ops.incidents import acting, concerns, paging, post_mortem, records
from ops.incidents.errors import NotGreenError
from ops.maintenance import mode
from ops.management import incident_arguments as arguments
from ops.management import incident_showing as showing
from ops.mongo.collections import Document
from ops.paging import Part

NOT_GREEN = 3
Options = Mapping[str, Any]
Deed = Callable[[Options, Actor, datetime], object]


class Command(BaseCommand):
    help = "Open, show and change incidents; `manage.py incident DEED --help` tells what a deed takes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and to which."""
        arguments.add(parser)

    def handle(self, *_args: Any, deed: str, **options: Any) -> None:
        """Do it."""
        try:
            with mode.exempt():  # maintenance may be the remedy, and it is written down meanwhile, too
                self._do(deed, options)
        except NotGreenError as error:
            against = "\n".join(f"  {each}" for each in error.obstacles)
            raise CommandError(f"It is not well yet:\n{against}", returncode=NOT_GREEN) from None
        except NotFoundError:
            raise CommandError(f"There is no incident {options.get('id')}, or no such part of it.") from None
        except DomainError as error:
            details = error.details if isinstance(error.details, list) else []
            told = [error.message, *(f"{each['field']}: {each['message']}" for each in details)]
            raise CommandError(" ".join(told)) from None

    def _do(self, deed: str, options: Options) -> None:
        now = clock.now()
        if deed == "list":
            self._list(options)
        elif deed == "show":
            self._show(records.find(options["id"]), options)
        elif deed == "post-mortem" and not options["file"]:
            self.stdout.write(post_mortem.template(records.find(options["id"]), now))
        elif deed == "open":
            opened = concerns.opened(options, actor=Actor.shell(), now=now)
            self.stdout.write("\n".join(showing.row(opened, now)))
        else:
            DEEDS[deed](options, Actor.shell(), now)
            self.stdout.write("\n".join(showing.row(records.find(options["id"]), now)))

    def _list(self, options: Options) -> None:
        part = Part(max(1, min(options["last"], arguments.MOST)))
        found = records.page(part, state=options["state"], kind=options["kind"], with_security=True)
        now = clock.now()
        if not options["json"]:
            self.stdout.write(showing.HEAD)
        for each in found.rows:
            self.stdout.write(showing.as_json(each) if options["json"] else "\n".join(showing.row(each, now)))

    def _show(self, incident: Document, options: Options) -> None:
        now = clock.now()
        if options["json"]:
            self.stdout.write(showing.as_json(incident))
        elif options["timeline"]:
            self.stdout.write("\n".join(showing.happened(incident, now)))
        elif options["checklist"]:
            self.stdout.write("\n".join(showing.checklist(incident)))
        else:
            self.stdout.write("\n".join(showing.whole(incident, now)))


def _plain(act: Callable[..., object], *names: str) -> Deed:
    """Return a deed whose act takes the id, and what was typed under these names in their order."""

    def do(options: Options, actor: Actor, now: datetime) -> object:
        return act(options["id"], *(options[name] for name in names), actor=actor, now=now)

    return do


def _note(options: Options, actor: Actor, now: datetime) -> object:
    about = [concerns.note(options["concerns"])] if options["concerns"] else []
    return acting.note(options["id"], "\n".join([options["text"], *about]), actor=actor, now=now)


def _public(options: Options, actor: Actor, now: datetime) -> object:
    if options["hide"]:
        return acting.hide_public(options["id"], actor=actor, now=now)
    if not (options["state"] and options["text"]):
        raise CommandError("Either --state and --text, or --hide.", returncode=2)
    named = [each.strip() for each in (options["components"] or "").split(",") if each.strip()]
    return acting.set_public(options["id"], options["state"], options["text"], named, actor=actor, now=now)


def _follow_up(options: Options, actor: Actor, now: datetime) -> object:
    if options["done"]:
        return acting.end_follow_up(options["id"], options["done"], actor=actor, now=now)
    if not (options["what"] and options["owner"] and options["due"]):
        raise CommandError("Either --what, --owner and --due, or --done.", returncode=2)
    told = (options["what"], options["owner"], options["due"])
    return acting.add_follow_up(options["id"], *told, actor=actor, now=now)


def _with_text(act: Callable[..., object], options: Options, actor: Actor, now: datetime) -> object:
    """Do what takes a long text: as it was typed, or from a file."""
    text = options.get("text") or _read(options["file"])
    return act(options["id"], text, actor=actor, now=now)


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error


def _tell(options: Options, actor: Actor, now: datetime) -> object:
    return paging.tell_all(records.find(options["id"]), options["text"], actor=actor, now=now)


DEEDS: Mapping[str, Deed] = {
    "ack": _plain(acting.acknowledge),
    "note": _note,
    "severity": _plain(acting.set_severity, "severity", "reason"),
    "public": _public,
    "tick": _plain(acting.tick, "box", "evidence", "note"),
    "untick": _plain(acting.untick, "box"),
    "follow-up": _follow_up,
    "plan": _plain(acting.plan_search, "day"),
    "link": _plain(acting.add_link, "what", "address"),
    "end-alerts": _plain(acting.end_alerts, "reason"),
    "resolve": _plain(acting.resolve, "text"),
    "reopen": _plain(acting.reopen, "reason"),
    "post-mortem": partial(_with_text, acting.write_post_mortem),
    "notice": partial(_with_text, acting.send_notice),
    "tell": _tell,
}
