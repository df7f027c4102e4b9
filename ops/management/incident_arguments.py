"""What is typed after ``manage.py incident``."""

import argparse
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from ops.incidents.kinds import Kind, PublicState, Severity, State
from ops.spans import moment

SHOWN, MOST = 20, 200
SHORTEST = 5  # characters of words that have to be said
EXIT = (
    "Exit status: 0 done, or as it was wanted already; 1 refused, or there is no such incident; 2 mistyped; "
    "3 not resolved, since it is not well yet."
)


def add(parser: CommandParser) -> None:
    """Take what to do, and to which incident."""
    parser.epilog = EXIT
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    _add_looks(deeds)
    _add_opening(deeds)
    _add_acts(deeds)
    _add_words(deeds)


def _add_looks(deeds: Any) -> None:
    deed = deeds.add_parser("list", help="the newest, with their clocks")
    deed.add_argument("--state", choices=_names(State))
    deed.add_argument("--kind", choices=_names(Kind))
    deed.add_argument("--last", type=int, default=SHOWN, help=f"so many, {SHOWN}; {MOST} at most")
    deed.add_argument("--json", action="store_true", help="for machines: one object a line")
    deed = _of_one(deeds, "show", "one of them whole")
    which = deed.add_mutually_exclusive_group()
    which.add_argument("--timeline", action="store_true", help="what happened, the oldest first")
    which.add_argument("--checklist", action="store_true", help="its boxes, with evidence and what helps")
    which.add_argument("--json", action="store_true", help="for machines")


def _add_opening(deeds: Any) -> None:
    deed = deeds.add_parser("open", help="report one; those whom it concerns are called")
    deed.add_argument("--kind", required=True, choices=_names(Kind))
    deed.add_argument("--severity", required=True, choices=_names(Severity))
    deed.add_argument("--title", required=True, type=_words, help="what is wrong, in a line")
    deed.add_argument("--section", type=int, help="of the runbook")
    deed.add_argument("--known-at", type=moment, help="since when it is known: 2026-11-26T03:00Z; now")
    deed.add_argument("--concerns", metavar="ID", help="id of a user, family, account or request")


def _add_acts(deeds: Any) -> None:
    _of_one(deeds, "ack", "you have it in hand: nobody else is called over it")
    deed = _of_one(deeds, "severity", "change how bad it is")
    deed.add_argument("severity", choices=_names(Severity))
    _reason(deed)
    deed = _of_one(deeds, "public", "tell users, on the status page")
    deed.add_argument("--state", choices=_names(PublicState))
    deed.add_argument("--text", type=_words)
    deed.add_argument("--components", help="what of the system it is about, with commas between")
    deed.add_argument("--hide", action="store_true", help="tell them nothing of it any more")
    deed = _of_one(deeds, "tick", "tick a box of its checklist")
    deed.add_argument("box", help="as in `show ID --checklist`, for example C10")
    deed.add_argument("--evidence", default="", help="what shows that it was done")
    deed.add_argument("--note", default="")
    deed = _of_one(deeds, "untick", "take a tick back")
    deed.add_argument("box")
    deed = _of_one(deeds, "follow-up", "what is left to be done, or is done now")
    deed.add_argument("--what", type=_words)
    deed.add_argument("--owner")
    deed.add_argument("--due", type=_day, help="a day as 2026-12-01")
    deed.add_argument("--done", metavar="FID", help="the id of one that is done, as `show` names it")
    deed = _of_one(deeds, "plan", "set the day of the search for the cause")
    deed.add_argument("day", type=_day, help="as 2026-12-01")
    deed = _of_one(deeds, "link", "add an address that belongs to it")
    deed.add_argument("--what", required=True, type=_words)
    deed.add_argument("--address", required=True)
    deed = _of_one(deeds, "end-alerts", "its alerts are over, though monitoring does not say so")
    _reason(deed)
    deed = _of_one(deeds, "reopen", "it is not over")
    _reason(deed)


def _add_words(deeds: Any) -> None:
    deed = _of_one(deeds, "note", "add a note to its timeline")
    deed.add_argument("text", type=_words)
    deed.add_argument("--concerns", metavar="ID", help="id of a user, family, account or request")
    deed = _of_one(deeds, "resolve", "it is over")
    deed.add_argument("--text", required=True, type=_words, help="what mended it")
    deed = _of_one(deeds, "post-mortem", "keep the post-mortem; without --file print what it begins with")
    which = deed.add_mutually_exclusive_group()
    which.add_argument("--print-template", action="store_true", help="the same as without any")
    which.add_argument("--file", help="the text in Markdown; -: standard input")
    deed = _of_one(deeds, "notice", "what the authorities were told; ends the clock of 72 hours")
    which = deed.add_mutually_exclusive_group(required=True)
    which.add_argument("--text", type=_words)
    which.add_argument("--file", help="-: standard input")
    deed = _of_one(deeds, "tell", "send a text to everybody of the escalation matrix")
    deed.add_argument("--text", required=True, type=_words)


def _of_one(deeds: Any, name: str, what: str) -> argparse.ArgumentParser:
    deed: argparse.ArgumentParser = deeds.add_parser(name, help=what)
    deed.add_argument("id", help="of the incident: inc_…")
    return deed


def _reason(deed: argparse.ArgumentParser) -> None:
    deed.add_argument("--reason", required=True, type=_words, help="why, for the audit log")


def _names(of: Any) -> list[str]:
    return [str(each) for each in of]


def _words(text: str) -> str:
    if len(text.strip()) < SHORTEST:
        raise ArgumentTypeError(f"at least {SHORTEST} characters")
    return text.strip()


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ArgumentTypeError("a day as 2026-12-01") from None
