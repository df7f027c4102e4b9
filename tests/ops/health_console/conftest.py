"""What doctor saw, and fixes to try the pages with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.doctor import recording
from ops.doctor.check import Check, Finding, Result, explained
from ops.doctor.fixes import registry
from ops.doctor.fixes.fix import Fix, Given, Lines, Option
from ops.errors import ConflictError
from ops.mongo.collections import control_collection
from tests.console import Console
from tests.factories import new_staff

See: TypeAlias = Callable[..., None]
OK = Finding(Result.OK, ("it is well",))


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    control_collection(recording.NAME).delete({})
    yield
    control_collection(recording.NAME).delete({})


@pytest.fixture
def see() -> See:
    """``see(at, redis=Finding(…))`` keeps findings as doctor's of a moment."""

    def keep(at: datetime | None = None, **findings: Finding) -> None:
        found = [(_check(name), finding) for name, finding in findings.items()]
        recording.record(explained(found), at or clock.now())

    return keep


@pytest.fixture
def operator() -> Console:
    """The console of somebody who keeps it running."""
    return Console(new_staff(Role.OPERATOR, "olga"))


@pytest.fixture
def auditor() -> Console:
    """The console of somebody who sees, and changes nothing."""
    return Console(new_staff(Role.AUDITOR, "anton"))


def _check(name: str) -> Check:
    return Check(name, 3, f"{name} is well", lambda _where: OK, 1.0)


@dataclass
class Tried:
    """A fix that only remembers how it was applied."""

    plan: Lines = ("kill 7",)
    refuses: bool = False
    applied: list[tuple[Given, Actor, str | None]] = field(default_factory=list)

    def planned(self, given: Given, _now: datetime) -> Lines:
        """Return the plan."""
        if self.refuses:
            raise ConflictError("It is MongoDB's own.")
        return tuple(f"{line} of {given.get('opid')}" for line in self.plan)

    def apply(self, given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
        """Remember who applied it."""
        done = self.planned(given, now)
        self.applied.append((dict(given), actor, reason))
        return done


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Tried:
    """The fix ``kill_it`` of section 5, which mends ``redis`` and must be told an operation."""
    tried = Tried()
    fix = Fix(
        "kill_it",
        5,
        "End an operation <at once>",
        "what it did <so far> is undone",
        plan=tried.planned,
        apply=tried.apply,
        options=(Option("opid", "of the operation", required=True), Option("note", "whatever you like")),
        mends=("redis",),
    )
    monkeypatch.setattr(registry, "_fixes", {fix.name: fix})
    return tried
