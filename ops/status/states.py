"""The parts that users know, and how each follows from what was found. No database, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a part is."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    DOWN = "down"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"


# Of several looks in a minute the worst counts, so that no figure flatters.
WORST_FIRST = (State.DOWN, State.DEGRADED, State.MAINTENANCE, State.OPERATIONAL, State.UNKNOWN)


class Web(StrEnum):
    """How the web process answered."""

    ANSWERS = "answers"
    FALTERS = "falters"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Part:
    """A part as users know it.

    Attributes:
        id: for programs.
        name: for people.
        needs: components of ``ops.health`` without which it is down.
        leans_on: those without which it is degraded; one that is not there is not needed.
        by_web: whether the web process serves it.
    """

    id: str
    name: str
    needs: tuple[str, ...] = ("mongodb",)
    leans_on: tuple[str, ...] = ()
    by_web: bool = True


PARTS = (
    Part("api", "API", leans_on=("redis",)),
    Part("sign_in", "Sign-in", leans_on=("redis", "two_factor", "external")),
    Part("families", "Families and invitations", leans_on=("celery",)),
    Part("tokens", "Token accounts", leans_on=("sbd_tokens",)),
    # A mail waits in the outbox, and is sent later.
    Part("email", "E-mail", leans_on=("celery", "email"), by_web=False),
)


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at one moment.

    Attributes:
        web: how the web process answered.
        faulty: by component of ``ops.health``: whether something is wrong with it.
        maintenance: whether everything stands still for maintenance.
        read_only: whether users can change nothing for a while.
    """

    web: Web
    faulty: Mapping[str, bool]
    maintenance: bool = False
    read_only: bool = False

    def states(self) -> dict[str, State]:
        """Return how each part is, by its id."""
        return {part.id: self._state_of(part) for part in PARTS}

    def _state_of(self, part: Part) -> State:
        if self.maintenance:
            return State.MAINTENANCE
        is_silent = part.by_web and self.web == Web.SILENT
        if is_silent or any(self.faulty.get(name) for name in part.needs):
            return State.DOWN
        if not set(part.needs) <= self.faulty.keys():
            return State.UNKNOWN
        falters = part.by_web and (self.web == Web.FALTERS or self.read_only)
        if falters or any(self.faulty.get(name) for name in part.leans_on):
            return State.DEGRADED
        return State.OPERATIONAL


def worst(states: Iterable[State]) -> State:
    """Return the worst of them."""
    return min(states, key=WORST_FIRST.index)


def overall(states: Mapping[str, State], *, incidents: bool) -> State:
    """Return how the whole is: down only where most parts are; with an open incident never quite well."""
    found = list(states.values())
    if found.count(State.DOWN) * 2 > len(found):
        return State.DOWN
    state = worst(found)
    if state == State.DOWN or (incidents and state == State.OPERATIONAL):
        return State.DEGRADED
    return state
