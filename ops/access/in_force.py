"""The rules in force, as every process knows them: a copy, at most two seconds old.

Whoever changes a rule counts up a switch in the same unit, so that the reader, which looks twice a second,
reads the rules only when they have changed, and now and then besides: a restore brings back other rules and
leaves the switches alone. While the database is away, the rules that were read last hold on.
"""

import time

from ops import clock, switches
from ops.access.rules import Rule, Rules
from ops.copies import COMMENT, Copy
from ops.logs import logger
from ops.mongo.collections import collection, control_collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

NAME = "access_rules"
SWITCH, CHANGES = "access", "changes"
READ_ANYWAY_SECONDS = 30.0
MOST = 50_000
log = logger(__name__)


class _Reading:
    """Reads the rules, unless they are those that it read before."""

    def __init__(self) -> None:
        self._changes: int | None = None
        self._good_until = 0.0
        self._rules = Rules()

    def __call__(self) -> Rules:
        changes = _changes()
        if changes != self._changes or time.monotonic() >= self._good_until:
            self._rules = read()
            self._changes, self._good_until = changes, time.monotonic() + READ_ANYWAY_SECONDS
        return self._rules


def _changes() -> int:
    found = control_collection(switches.NAME).find({"_id": SWITCH}, limit=1, comment=COMMENT)
    return int(found[0][CHANGES]) if found else 0


def read() -> Rules:
    """Return the rules that have not ended, as the database has them."""
    fields = {"_id": 0, "list": 1, "kind": 1, "value": 1, "until": 1}
    not_over = {"$or": [{"until": None}, {"until": {"$gt": clock.now()}}]}
    found = collection(NAME).find(not_over, fields, limit=MOST, comment=COMMENT)
    if len(found) == MOST:
        log.error("access rules beyond the first are not in force", most=MOST)
    return Rules(Rule(**each) for each in found)


reader = Copy(NAME, _Reading())
_NONE = Rules()


def current() -> Rules:
    """Return the rules in force; none until they were read for the first time."""
    return reader.last() or _NONE


@unit_of_work()
def announce() -> None:
    """Have every process read the rules again, as part of the change of a rule.

    All changes of rules write this one document: so two that must not pass each other cannot.
    """
    switches.count_up(SWITCH, CHANGES)
    on_commit(reader.forget)
