"""Telling two kinds of calls apart by the time that they take, as somebody would who may send many of them.

Measured is the time that the processor works on a call, not the time by the clock: what else the machine
does hardly touches it. Calls of both kinds are sent in pairs, and the pairs judged by Wilcoxon's signed-rank
test: the two are told apart when pairs without a difference would lean so far to one side less than once in
10,000 times. Differences below a fiftieth count for nothing: to see them behind a network's own takes more
calls than the limits let anybody send.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from random import Random

from family_site.identity.models.passwords import THREAD as HASHING

PAIRS = 40
WARM_UP = 3
MARGIN = math.log(1.02)
ALARM = 1e-4
Pair = tuple[float, float]


def measured(pairs_of_calls: Callable[[int], tuple[Callable[[], None], Callable[[], None]]]) -> list[Pair]:
    """Return the seconds of work on calls of both kinds, in pairs; ``pairs_of_calls`` makes one by number."""
    draw, pairs = Random(1), []  # noqa: S311  # it must come again, and keeps no secret
    for number in range(WARM_UP + PAIRS):
        calls = pairs_of_calls(number)
        seconds = [0.0, 0.0]
        for which in draw.sample((0, 1), k=2):  # who comes first must not matter
            seconds[which] = work(calls[which])
        pairs.append((seconds[0], seconds[1]))
    return pairs[WARM_UP:]


def work(call: Callable[[], None]) -> float:
    """Return how long the processor worked on a call, in seconds."""
    before = _worked()
    call()
    return _worked() - before


def _worked() -> float:
    """Return the processor's seconds so far in this thread, and in the one that hashes passwords for it."""
    hashing = (each.ident for each in threading.enumerate() if each.name.startswith(HASHING))
    clocks = (time.pthread_getcpuclockid(ident) for ident in hashing if ident is not None)
    return time.thread_time() + sum(map(time.clock_gettime, clocks))


def are_told_apart(pairs: Sequence[Pair]) -> bool:
    """Tell whether known names take longer than unknown ones, or shorter, by more than the margin."""
    ratios = [math.log(known / unknown) for known, unknown in pairs]
    return any(chance([sign * ratio - MARGIN for ratio in ratios]) < ALARM for sign in (1, -1))


def chance(differences: Sequence[float]) -> float:
    """Return how likely differences without a tendency are to lean so far to the positive side.

    Wilcoxon's signed-rank test; from some 20 differences on the sum of ranks is as good as normal.
    """
    ranked = sorted(differences, key=abs)
    positive = sum(rank for rank, difference in enumerate(ranked, 1) if difference > 0)
    size = len(ranked)
    expected = size * (size + 1) / 4
    deviation = math.sqrt(size * (size + 1) * (2 * size + 1) / 24)
    return math.erfc((positive - expected) / deviation / math.sqrt(2)) / 2


def summary(pairs: Sequence[Pair]) -> str:
    """Return the figures to read when it fails."""
    ratios = sorted(known / unknown for known, unknown in pairs)
    middle = len(ratios) // 2
    return f"known/unknown: median {ratios[middle]:.4f}, from {ratios[0]:.4f} to {ratios[-1]:.4f}"


def noisy(draw: Random) -> float:
    """Return seconds as a busy machine gives them: spread by 5 %, one of twenty slower by up to a half."""
    slowed = draw.uniform(1, 1.5) if draw.random() < 0.05 else 1.0
    return 0.03 * draw.lognormvariate(0, 0.05) * slowed
