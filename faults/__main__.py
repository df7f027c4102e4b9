"""``make faults``: break the system in every way that is known, and judge what doctor says."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from faults import run, table
from faults.catalogue import ODD, PAIRS, SINGLES
from faults.run import Grounds, Outcome
from faults.table import BOTH, SINGLE, STATES, WORK


class Named(Protocol):
    """A fault, a pair or a state."""

    @property
    def name(self) -> str:
        """Its name."""


T = TypeVar("T", bound=Named)


def main() -> int:
    """Run what was asked for, print it as it comes, write the page; returns 1 if anything was wrong."""
    options = _options()
    wanted = _wanted(options)
    with Grounds() as grounds:
        runs = {
            SINGLE: lambda: run.singles(grounds, _chosen(SINGLES, options.only)),
            BOTH: lambda: run.pairs(grounds, _chosen(PAIRS, options.only)),
            STATES: lambda: run.oddities(grounds, _chosen(ODD, options.only)),
            WORK: lambda: run.under_load(grounds, options.load_runs),
        }
        parts = [(title, _told(runs[title](), options.details)) for title in wanted]
    for title, outcomes in parts:
        _say(f"{title}: {table.sums(outcomes)}")
    if not options.only:
        before = table.PAGE.read_text() if table.PAGE.exists() else ""
        table.PAGE.write_text(table.page(parts, before=before))
    return int(any(not each.is_right for _, outcomes in parts for each in outcomes if each.expected))


def _wanted(options: argparse.Namespace) -> list[str]:
    """Return which parts were asked for, single faults if nothing was."""
    asked = {
        BOTH: options.pairs or options.all,
        STATES: options.odd or options.all,
        WORK: bool(options.load_runs),
    }
    single = options.all or not any(asked.values())
    return [title for title, wanted in {SINGLE: single, **asked}.items() if wanted]


def _chosen(every: Iterable[T], words: Sequence[str]) -> list[T]:
    return [each for each in every if not words or any(word in each.name for word in words)]


def _told(outcomes: Iterable[Outcome], details: Path | None) -> list[Outcome]:
    """Print each outcome as it comes; what doctor said in full goes to the file of details."""
    kept = []
    for each in outcomes:
        kept.append(each)
        _say(table.line(each))
        if details is not None:
            with details.open("a") as file:
                file.write(f"=== {table.line(each)}\n{each.said.told() if each.said else each.note}\n\n")
    return kept


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description=main.__doc__)
    parser.add_argument("--only", action="append", default=[], help="words in the name; may be repeated")
    parser.add_argument("--pairs", action="store_true", help="two faults at one time, in place of one")
    parser.add_argument("--odd", action="store_true", help="odd states that are well")
    parser.add_argument("--load-runs", type=int, default=0, help="look so often while all is well")
    parser.add_argument("--all", action="store_true", help="single faults, pairs and odd states")
    parser.add_argument("--details", type=Path, help="file that gets what doctor said in full")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
