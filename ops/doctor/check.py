"""A check, what it finds, and in which order people should read that."""

from collections.abc import Callable, Iterable
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
    """

    result: Result
    evidence: tuple[str, ...]
    cause: str | None = None
    remedy: str | None = None


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
    """

    name: str
    section: int
    title: str
    look: Look
    seconds: float
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """A check with its finding.

    Attributes:
        explained_by: names of checks whose own findings explain why this one could not look.
    """

    check: Check
    finding: Finding
    explained_by: tuple[str, ...] = ()


def explained(found: Iterable[tuple[Check, Finding]]) -> list[Examination]:
    """Say which finding explains which, and put the worst first, a cause before its symptoms.

    Args:
        found: in the order in which the checks were entered. A cause was entered before its symptoms and is
            at least as bad as "could not look", so a stable sort leaves it before them.
    """
    pairs = list(found)
    broken = {
        check.name for check, finding in pairs if finding.result in (Result.FAILED, Result.COULD_NOT_LOOK)
    }
    examinations = [Examination(check, finding, _causes(check, finding, broken)) for check, finding in pairs]
    return sorted(examinations, key=lambda each: -each.finding.result.severity)


def worst(examinations: Iterable[Examination]) -> Result:
    """Return ``OK``, ``DEGRADED`` or ``FAILED`` for the whole."""
    severity = max((each.finding.result.severity for each in examinations), default=0)
    return (Result.OK, Result.DEGRADED, Result.FAILED)[severity]


def _causes(check: Check, finding: Finding, broken: set[str]) -> tuple[str, ...]:
    if finding.result != Result.COULD_NOT_LOOK:
        return ()
    return tuple(name for name in check.rests_on if name in broken)
