"""The balance of an account over time, drawn on the server: lines of entries, no script, no size in pixels.

The picture is stretched to the width there is, so no word stands in it; what its ends mean stands around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ops import clock
from ops.console.showing import amount, when
from ops.mongo.collections import Document, collection
from tokens.models import SbdAccount

WIDTH, HEIGHT = 600, 120
# So many entries are read, evenly over all there are.
MOST_POINTS = 120


@dataclass(frozen=True)
class Picture:
    """A picture with its words; ``line`` and ``ground`` are paths in a field of ``WIDTH`` by ``HEIGHT``."""

    line: str
    ground: str
    highest: str
    begins: str
    ends: str
    words: str

    width, height = WIDTH, HEIGHT


def balance_of(account: SbdAccount, newest: Sequence[Document]) -> Picture | None:
    """Return the picture of an account's balance; ``None``: it has no entry, or none with a balance.

    Args:
        account: whose balance.
        newest: its newest entry, if there is any: numbers of the others are written as this one's.
    """
    if not newest or newest[0]["seq"] is None:
        return None
    points = [(account.created_at, 0), *_read(newest[0])]
    return _drawn(points, clock.now(), of=newest[0]["seq"])


def _read(newest: Document) -> list[tuple[datetime, int]]:
    """Return time and balance of entries evenly over the account's life, the last one among them."""
    last = newest["seq"]
    prefix, _, digits = newest["_id"].rpartition(":")
    count = min(last, MOST_POINTS)
    ids = [f"{prefix}:{last * number // count:0{len(digits)}}" for number in range(1, count + 1)]
    found = collection("sbd_entries").find(
        {"_id": {"$in": ids}}, {"at": 1, "balance_after": 1}, sort=[("_id", 1)], limit=count
    )
    return [(each["at"], each["balance_after"]) for each in found]


def _drawn(points: Sequence[tuple[datetime, int]], now: datetime, *, of: int) -> Picture:
    (first, _), (_, latest) = points[0], points[-1]
    end = max(now, points[-1][0])
    span = (end - first).total_seconds() or 1.0
    highest = max(balance for _, balance in points)
    steps = []
    for at, balance in points:
        across = (at - first).total_seconds() / span * WIDTH
        up = HEIGHT - balance / (highest or 1) * HEIGHT
        steps.append(f"H{across:.1f}V{up:.1f}")
    line = f"M0 {HEIGHT}{''.join(steps)}H{WIDTH}"
    drawn = len(points) - 1
    all_of = f"all {of:,} entries" if drawn == of else f"{drawn:,} of {of:,} entries"
    words = f"From 0 to {amount(latest)} tokens, at most {amount(highest)}; drawn from {all_of}."
    return Picture(line, f"{line}V{HEIGHT}Z", amount(highest), when(first), when(end), words)
