"""A fault: how it is made, how it is mended, and what doctor must say of it."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from faults.ground import MANAGE, Ground
from faults.part import ROOT
from faults.said import Said

Deed: TypeAlias = Callable[[Ground], object]
Cure: TypeAlias = Callable[[Ground, Said], object]
Look: TypeAlias = Callable[[Ground], Said]
OPERATOR, SERVICE = ".venv/bin/python manage.py ", "kill -CONT "
COMMAND_SECONDS = 120.0


class NotPrintedError(Exception):
    """What doctor printed is no command that mends."""


def usual(ground: Ground) -> Said:
    """Look with the system's own environment."""
    return ground.doctor()


def nothing(_ground: Ground, _said: Said | None = None) -> None:
    """Do nothing: the fault is in how doctor was called."""


def as_printed(ground: Ground, said: Said) -> None:
    """Run the first remedy, as somebody copies it into a shell.

    Raises:
        NotPrintedError: it is none that changes anything.
    """
    if not said.remedy.startswith((OPERATOR, SERVICE)):
        raise NotPrintedError(said.remedy)
    words = shlex.split(said.remedy)
    if said.remedy.startswith(OPERATOR):
        words = [*MANAGE, *words[2:]]
    subprocess.run(
        words, cwd=ROOT, env=ground.environment, check=False, capture_output=True, timeout=COMMAND_SECONDS
    )
    for part in ground.parts:  # what a signal let go on is frozen no longer
        part.frozen = [] if words[0] == "kill" else part.frozen


@dataclass(frozen=True)
class Fault:
    """One way to break the system.

    Attributes:
        name: a sentence without an end.
        expected: the checks of which the first cause must be one; nobody else may be a cause.
        inject: breaks it.
        cure: mends it; told what doctor has said. ``None``: what is lost is lost, a new system is made.
        printed: what stands in the first remedy, if it leads to the cure; empty: the cure is no command.
        look: how doctor is called.
        shows_after: how long it takes until anybody can know, in seconds.
        heals_within: how long it may take until all is well.
    """

    name: str
    expected: frozenset[str]
    inject: Deed
    cure: Cure | None
    printed: str = ""
    look: Look = usual
    shows_after: float = 1.0
    heals_within: float = 60.0


@dataclass(frozen=True)
class Pair:
    """Two faults at one time; each must be seen, and either may come first."""

    one: Fault
    other: Fault

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.one.name} + {self.other.name}"


@dataclass(frozen=True)
class Odd:
    """A state that is odd, and well: doctor must not raise an alarm.

    Attributes:
        bring: brings the system there.
        back: brings it back.
        settles: how long it takes, in seconds, until it is well again by the product's own promise.
    """

    name: str
    bring: Deed
    back: Deed = nothing
    look: Look = usual
    settles: float = 0.0


def called_with(**changed: str) -> Look:
    """Return the look of somebody whose environment is otherwise."""
    return lambda ground: ground.doctor(**changed)


def called_with_more(changed: Callable[[Ground], Mapping[str, str]]) -> Look:
    """Likewise, where the variables depend on the system."""
    return lambda ground: ground.doctor(**changed(ground))


def at_another_time(seconds: int) -> Look:
    """Return the look of a machine whose clock is so many seconds ahead."""
    return lambda ground: ground.doctor(command=(sys.executable, "-m", "faults.ahead", str(seconds)))
