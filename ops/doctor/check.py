"""A check, what it finds, and in which order people should read that."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from ops.doctor.whereabouts import Whereabouts


class Result(StrEnum):
    """How a check ends."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    COULD_NOT_LOOK = "could_not_look"

    @property
    def severity(self) -> int:
        """The exit status that follows: what nobody could look at may be broken, so it is not well."""
        return {Result.OK: 0, Result.FAILED: 2}.get(self, 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        evidence: facts, one line; more only where there are several faults. Never a secret.
        cause: what most likely explains the evidence; ``None`` when all is well.
        remedy: the next command; running it makes nothing worse.
        due_to: names of checks, entered before this one, each of which would explain this finding if it is
            not well itself: then this is a symptom, and stands beneath it.
    """

    result: Result
    evidence: tuple[str, ...]
    cause: str | None = None
    remedy: str | None = None
    due_to: tuple[str, ...] = ()


Look: TypeAlias = Callable[[Whereabouts], Finding]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that doctor looks at.

    Attributes:
        name: as in ``doctor:<name>`` of the runbook.
        section: of the runbook.
        title: a claim, true when all is well.
        look: finds out. May raise, may hang: neither hurts the other checks.
        seconds: how long anybody waits for it.
        rests_on: checks without which this one cannot look; entered before it.
        deep: it reads all there is, and is only run when somebody asks for that (``--deep``).
    """

    name: str
    section: int
    title: str
    look: Look
    seconds: float
    rests_on: tuple[str, ...] = ()
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Examination:
    """A check with its finding.

    Attributes:
        explained_by: names of checks whose own findings explain this one; none: it is a cause, or well.
    """

    check: Check
    finding: Finding
    explained_by: tuple[str, ...] = ()


def explained(found: Iterable[tuple[Check, Finding]]) -> list[Examination]:
    """Say which finding explains which; the worst cause first, symptoms beneath it, then what is well.

    Args:
        found: in the order in which the checks were entered, which puts a cause before its symptoms.
    """
    examinations: dict[str, Examination] = {}
    for check, finding in found:
        examinations[check.name] = Examination(check, finding, _causes(check, finding, examinations))
    beneath: dict[str, list[Examination]] = {}
    for each in examinations.values():
        beneath.setdefault(_root(each, examinations), []).append(each)
    roots = sorted(beneath, key=lambda name: _rank(examinations[name].finding.result))
    return [each for name in roots for each in beneath[name]]


def worst(examinations: Iterable[Examination]) -> Result:
    """Return ``OK``, ``DEGRADED`` or ``FAILED`` for the whole."""
    severity = max((each.finding.result.severity for each in examinations), default=0)
    return (Result.OK, Result.DEGRADED, Result.FAILED)[severity]


def _causes(check: Check, finding: Finding, before: Mapping[str, Examination]) -> tuple[str, ...]:
    """Return the checks that explain a finding, out of those entered before it."""
    if finding.result == Result.OK:
        return ()
    unseen = finding.result == Result.COULD_NOT_LOOK
    blind = (Result.FAILED, Result.COULD_NOT_LOOK)
    grounds = [name for name in check.rests_on if unseen and _result(before, name) in blind]
    # That nobody could look at something is no reason for a fault that somebody saw.
    well = (Result.OK,) if unseen else (Result.OK, Result.COULD_NOT_LOOK)
    grounds += [name for name in finding.due_to if _result(before, name) not in well]
    return tuple(dict.fromkeys(grounds))


def _rank(result: Result) -> tuple[int, bool]:
    """Return what to sort by: of two that are equally bad, what is known comes first."""
    return -result.severity, result == Result.COULD_NOT_LOOK


def _result(before: Mapping[str, Examination], name: str) -> Result:
    """Return how a check ended; one that was not run, or stands later, explains nothing."""
    return before[name].finding.result if name in before else Result.OK


def _root(each: Examination, examinations: Mapping[str, Examination]) -> str:
    while each.explained_by:
        each = examinations[each.explained_by[0]]
    return each.check.name
