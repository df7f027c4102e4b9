"""Breaks the system, lets doctor look, judges what it says, mends, and looks again."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from faults.fault import Fault, Odd, Pair, usual
from faults.ground import Ground
from faults.making import ground
from faults.part import NeverError
from faults.said import Said

AGAIN_SECONDS = 1.0
TRIES, WELL_SECONDS = 4, 60.0


@dataclass(frozen=True)
class Outcome:
    """What became of one fault.

    Attributes:
        name: of the fault.
        expected: what the first cause must be one of.
        said: what doctor printed; ``None``: the fault could not be made.
        innocents: causes that are none.
        unseen: of a pair, which was not seen at all.
        cured: whether all was well in the end.
        printed: whether what was printed led there.
        note: what went wrong with the attempt itself.
    """

    name: str
    expected: Sequence[str]
    said: Said | None
    innocents: Sequence[str] = ()
    unseen: Sequence[str] = ()
    cured: bool = False
    printed: bool = False
    note: str = ""

    @property
    def first(self) -> str:
        """The cause that is printed first."""
        return next(iter(self.said.causes), "") if self.said else ""

    @property
    def is_right(self) -> bool:
        """Whether the first cause is the fault, and each of a pair was seen."""
        return self.first in self.expected and not self.unseen


class Grounds:
    """The system, made anew when one could not be mended."""

    def __init__(self) -> None:
        """Begin without one."""
        self._stack = contextlib.ExitStack()
        self._now: Ground | None = None
        self._is_well = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """End the last one."""
        self.give_up()

    def well(self) -> Ground:
        """Return one of which doctor has said that all is well.

        Raises:
            RuntimeError: it never says that of a new one.
        """
        said: Said | None = None
        for _ in range(TRIES):
            if self._now is not None and self._is_well:
                self._is_well = False  # whoever has it, breaks it
                return self._now
            self.give_up()
            try:
                self._now = self._stack.enter_context(ground())
            except (NeverError, RuntimeError) as error:  # of a machine that is too busy
                said = Said((), 0.0, str(error))
                continue
            said = self.healed(WELL_SECONDS)
        raise RuntimeError(
            f"there is no system of which doctor says that all is well: {said and said.told()}"
        )

    def healed(self, seconds: float) -> Said:
        """Wait until doctor says that all is well; if it does not, the next fault gets a new system."""
        if self._now is None:
            return Said((), 0.0, "there is no system")
        said = heals(self._now, seconds)
        self._is_well = said.is_well
        return said

    def give_up(self) -> None:
        """End the one that there is."""
        self._stack.close()
        self._now, self._is_well = None, False


def heals(system: Ground, seconds: float) -> Said:
    """Wait until doctor says that all is well; returns what it said last."""
    ends_at = time.monotonic() + seconds
    while not (said := system.doctor()).is_well and time.monotonic() < ends_at:
        time.sleep(AGAIN_SECONDS)
        system.mend()  # what ends late is started anew, as a service manager does
    return said


def singles(grounds: Grounds, faults: Sequence[Fault]) -> Iterator[Outcome]:
    """Yield what becomes of each fault."""
    for fault in faults:
        yield _tried(grounds, fault.name, [fault])


def pairs(grounds: Grounds, chosen: Sequence[Pair]) -> Iterator[Outcome]:
    """Yield what becomes of each pair."""
    for pair in chosen:
        yield _tried(grounds, pair.name, [pair.one, pair.other])


def oddities(grounds: Grounds, states: Sequence[Odd]) -> Iterator[Outcome]:
    """Yield what doctor says of states that are well; no cause is right."""
    for state in states:
        system = grounds.well()
        try:
            state.bring(system)
            time.sleep(state.settles)
            said = state.look(system)
            state.back(system)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next state gets a new system
            grounds.give_up()
            yield Outcome(state.name, (), None, note=f"not made: {type(error).__name__}: {error}")
            continue
        cured = grounds.healed(WELL_SECONDS).is_well
        yield Outcome(state.name, (), said, innocents=said.causes, cured=cured)


def under_load(grounds: Grounds, times: int) -> Iterator[Outcome]:
    """Yield what doctor says of a system that is well and at work."""
    system = grounds.well()
    for number in range(times):
        said = system.doctor()
        yield Outcome(f"at work, look {number + 1}", (), said, innocents=said.causes, cured=True)


def _tried(grounds: Grounds, name: str, faults: Sequence[Fault]) -> Outcome:
    system = grounds.well()
    expected = sorted(set().union(*(fault.expected for fault in faults)))
    try:
        for fault in faults:
            fault.inject(system)
        time.sleep(max(fault.shows_after for fault in faults))
        special = [fault.look for fault in faults if fault.look is not usual]
        said = (*special, usual)[0](system)
    except Exception as error:  # noqa: BLE001  # whatever it is, the next fault gets a new system
        grounds.give_up()
        return Outcome(name, expected, None, note=f"not made: {type(error).__name__}: {error}")
    return _judged(grounds, system, faults, Outcome(name, expected, said))


def _judged(grounds: Grounds, system: Ground, faults: Sequence[Fault], seen: Outcome) -> Outcome:
    said = seen.said
    if said is None:
        return seen
    causes = set(said.causes)
    note, cured = "", False
    try:
        after = _after_the_cure(grounds, system, faults, said)
        cured, note = after.is_well, "" if after.is_well else f"not well: {after.told()}"
    except Exception as error:  # noqa: BLE001  # as above
        note = f"not cured: {type(error).__name__}: {error}"
    return Outcome(
        seen.name,
        seen.expected,
        said,
        innocents=[each for each in said.causes if each not in seen.expected],
        unseen=[fault.name for fault in faults if not fault.expected & causes],
        cured=cured,
        printed=all(fault.printed and fault.printed in said.remedies for fault in faults),
        note=note or ("" if said.findings else f"it broke: {said.broken}"),
    )


def _after_the_cure(grounds: Grounds, system: Ground, faults: Sequence[Fault], said: Said) -> Said:
    """Mend what was broken; returns what doctor says then."""
    if any(fault.cure is None for fault in faults):
        return said
    if len(faults) > 1:  # a part that waits for another could not be started first
        system.mend()
    for fault in reversed(faults):
        if fault.cure is not None:
            fault.cure(system, said.about(fault.expected))
    system.mend()
    system.forget()
    return grounds.healed(max(fault.heals_within for fault in faults))
