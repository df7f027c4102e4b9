"""How the chain of the audit log stands now, in a few looks; all of it only ``verifying`` knows."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ops.audit import chain, keys
from ops.audit.run import Finding, Run
from ops.audit.sealing import CHAIN, LOG, End, heads
from ops.models.audit import BY_NUMBER, TO_SEAL
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work


class Standing(NamedTuple):
    """What is known of the chain.

    Attributes:
        waiting_since: time of the oldest entry that is not sealed; ``None``: all are.
        last: number of the last entry; 0: there is none.
        findings: what is wrong between the last entry and the head in the control database.
    """

    waiting_since: datetime | None
    last: int
    findings: Sequence[Finding]


@unit_of_work()
def standing() -> Standing:
    """Return how the chain stands: on one snapshot, since entries and head are written at once."""
    waiting = collection(LOG).aggregate(
        [{"$match": {"seq": None}}, {"$sort": {"at": 1, "_id": 1}}, {"$limit": 1}, {"$project": {"at": 1}}],
        hint=TO_SEAL.directions,
    )
    newest = collection(LOG).aggregate(
        [
            {"$match": {"seq": {"$gt": 0}}},
            {"$sort": {"seq": -1}},
            {"$limit": 1},
            {"$project": {"seq": 1, "hash": 1}},
        ],
        hint=BY_NUMBER.directions,
    )
    last = End(newest[0]["seq"], str(newest[0].get("hash"))) if newest else End()
    head = heads([CHAIN]).get(CHAIN)
    run = Run(keys.known(), last.seq, last.hash)
    findings = list(run.end(None if head is None else chain.form_of(head)))
    return Standing(waiting[0]["at"] if waiting else None, last.seq, findings)
