"""Whether jobs are done: the processes live, and the canary came through a short while ago."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops import clock
from ops.jobs import canary, heartbeats
from ops.maintenance import mode
from ops.mongo.collections import Document

# Three beats of the pulse may be late on a busy machine.
LIVES_WITHIN = timedelta(seconds=45)
CANARY_WITHIN = timedelta(minutes=3)
ROLES = ("worker", "beat")
LEGS = {canary.WORKER: "queue and worker", canary.OUTBOX: "the outbox"}


@dataclass(frozen=True, slots=True)
class Picture:
    """All heartbeats, as they were read at one moment."""

    beats: Sequence[Document]
    now: datetime

    def living(self, role: str) -> list[Document]:
        """Return the processes of a role that live, the oldest first."""
        limit = self.now - LIVES_WITHIN
        found = [each for each in self.beats if each.get("role") == role and each["seen_at"] > limit]
        return sorted(found, key=lambda each: each["since"])

    def last_seen(self, role: str) -> Document | None:
        """Return the process of a role that was seen last, living or not."""
        return max(
            (each for each in self.beats if each.get("role") == role),
            key=lambda each: each["seen_at"],
            default=None,
        )

    def failing(self) -> list[Document]:
        """Return the jobs whose last end was a failure."""
        return [each for each in self.beats if each.get("error")]

    def absent(self) -> list[str]:
        """Return the roles that nobody has."""
        return [role for role in ROLES if not self.living(role)]

    def silent_for(self, leg: str) -> timedelta:
        """Return how long nothing has come through a leg of the canary's way.

        Not counted from before worker and beat were there: on a machine that was off nothing is broken.
        """
        passed = [each["ok_at"] for each in self.beats if each["_id"] == leg]
        both_there = [self.living(role)[0]["since"] for role in ROLES if self.living(role)]
        return self.now - max([*passed, *both_there], default=self.now)

    def silent_leg(self) -> str | None:
        """Return the first leg through which nothing has come for too long; ``None``: all is well."""
        return next((leg for leg in LEGS if self.silent_for(leg) > CANARY_WITHIN), None)


def picture() -> Picture:
    """Read it."""
    return Picture(heartbeats.every(), clock.now())


def probe() -> str | None:
    """Return what is wrong with the jobs, for ``/health``; ``None``: nothing is."""
    seen = picture()
    if absent := seen.absent():
        return f"no {' and no '.join(absent)} runs"
    if (leg := seen.silent_leg()) and not mode.is_on():
        return f"nothing has come through {LEGS[leg]} for {seen.silent_for(leg).total_seconds():.0f} s"
    return None
