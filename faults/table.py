"""The report: one table for people, which ``docs/faults.md`` keeps."""

import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from faults.part import ROOT
from faults.run import Outcome

PAGE = ROOT / "docs" / "faults.md"
HEAD = """# What doctor says of faults

`make faults` starts a whole system (three members of MongoDB, two Redis, web processes, worker, beat,
metrics, nginx with TLS, a mail server, people who read and pay), breaks it in many ways while it is at work,
and asks `manage.py doctor --json`. The first cause that is printed must be one that the fault was made to be
found by, no other check may be named as a cause, and the cure must make it well again.

- *first cause*: what doctor printed first; **bold** where it is wrong.
- *innocents*: other checks that it named as causes.
- *cured*: whether doctor said that all is well after the cure; *as printed*: a remedy it printed was run,
  or named what had to be done (`systemctl status sbd-api`: the unit was started); *by hand*: neither, or only
  doctor was called wrongly.

`python -m faults --only NAME` runs what has these words in its name; `--pairs`, `--odd` and `--load-runs 100`
run the other parts, `--all` all but the last. Without `--only` the parts that were run are written anew.
"""
PART = "\n## "
SINGLE, BOTH = "Single faults", "Two faults at one time"
STATES, WORK = "Odd, and well", "Well, and at work"
TITLES = (SINGLE, BOTH, STATES, WORK)
NOTE = 200  # characters of what went wrong, in a line


def page(parts: Sequence[tuple[str, Sequence[Outcome]]], *, before: str = "") -> str:
    """Return the whole page.

    Args:
        parts: of each its title and what became of it.
        before: the page as it was; its other parts stay.
    """
    kept = dict(_part(text) for text in before.split(PART)[1:])
    kept |= {title: _written(outcomes) for title, outcomes in parts}
    return HEAD + "".join(f"{PART}{title}\n{kept[title]}" for title in TITLES if title in kept)


def sums(outcomes: Sequence[Outcome]) -> str:
    """Return the figures of a part, one sentence or more."""
    looked = [each for each in outcomes if each.said]
    seconds = [each.said.seconds for each in looked if each.said]
    took = (
        f"Doctor took {statistics.median(seconds):.1f} s (median), {max(seconds):.1f} s at most."
        if seconds
        else ""
    )
    if not any(each.expected for each in outcomes):
        alarms = sum(1 for each in looked if each.first or not (each.said and each.said.findings))
        return f"{len(outcomes)} looks, {alarms} alarms. {took}"
    right = sum(each.is_right for each in outcomes)
    missed = sum(1 for each in looked if each.said and each.said.is_well)
    innocents = sum(len(each.innocents) for each in outcomes)
    cured = sum(each.cured for each in outcomes)
    return (
        f"{right} of {len(outcomes)} right ({right / len(outcomes):.0%}), {innocents} innocents named, "
        f'{missed} times "all is well", {cured} cured. {took}'
    )


def line(outcome: Outcome) -> str:
    """Return one line for who watches."""
    seconds = f"{outcome.said.seconds:.1f} s" if outcome.said else ""
    good = outcome.is_right if outcome.expected else not outcome.first
    parts = [
        "right" if good else "WRONG",
        outcome.name,
        f"first {outcome.first or '-'}",
        f"expected {'/'.join(outcome.expected)}" if not good else "",
        f"innocents {', '.join(outcome.innocents)}" if outcome.innocents else "",
        f"unseen {', '.join(outcome.unseen)}" if outcome.unseen else "",
        seconds,
        ("cured" if outcome.cured else "NOT CURED") if outcome.expected else "",
        outcome.note.partition("\n")[0][:NOTE],
    ]
    return " | ".join(part for part in parts if part)


def _part(text: str) -> tuple[str, str]:
    title, _, rest = text.partition("\n")
    return title, rest


def _written(outcomes: Sequence[Outcome]) -> str:
    body = _faults if any(each.expected for each in outcomes) else _alarms
    return f"\nLooked at on {datetime.now(UTC):%Y-%m-%d}. {sums(outcomes)}\n\n{body(outcomes)}"


def _faults(outcomes: Sequence[Outcome]) -> str:
    return _table(
        ("fault", "expected", "first cause", "innocents", "seconds", "cured"),
        outcomes,
        lambda each: (
            each.name,
            " or ".join(f"`{name}`" for name in each.expected),
            _first(each),
            ", ".join(f"`{name}`" for name in each.innocents) or "none",
            f"{each.said.seconds:.1f}" if each.said else "",
            _cured(each),
        ),
    )


def _alarms(outcomes: Sequence[Outcome]) -> str:
    shown = outcomes if len(outcomes) <= 20 else [each for each in outcomes if each.innocents]  # noqa: PLR2004  # else the page is full of them
    return _table(
        ("state", "alarm", "seconds"),
        shown,
        lambda each: (
            each.name,
            ", ".join(f"`{name}`" for name in each.innocents) or "none",
            f"{each.said.seconds:.1f}" if each.said else "",
        ),
    )


def _first(outcome: Outcome) -> str:
    if outcome.said is None:
        return f"**{outcome.note}**"
    name = f"`{outcome.first}`" if outcome.first else "all is well"
    unseen = (
        f" (not seen: {', '.join(outcome.unseen)})"
        if outcome.unseen and outcome.first in outcome.expected
        else ""
    )
    return name if outcome.is_right else f"**{name}{unseen}**"


def _cured(outcome: Outcome) -> str:
    if not outcome.cured:
        return "no"
    return "as printed" if outcome.printed else "by hand"


def _table(head: Sequence[str], outcomes: Sequence[Outcome], row: Callable[[Outcome], Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *(row(each) for each in outcomes)]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in each)} |\n" for each in lines)
