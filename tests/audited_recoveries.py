"""Recoveries in the look at audit entries."""

from typing import Any

from families.actions import recovering, recovery_ends
from tests.audited import HOUSE, Row, at, by_staff, later
from tests.families.orphaned import WHY, code_of, orphaned

PARTS = {"recovery_ends.follow": "of disabling or enabling a user"}
ROWS: dict[str, Row] = {
    "recovering.initiate": Row(
        lambda _: recovering.initiate(HOUSE["orphaned"].id, WHY, **at(HOUSE["orphaned"].members[0])),
        "recovery.initiated",
    ),
    "recovering.verify": Row(
        lambda _: recovering.verify(HOUSE["recovery"]["_id"], HOUSE["code"], **at(HOUSE["voter"])),
        "recovery.verified",
    ),
    "recovery_ends.cancel": Row(
        lambda _: recovery_ends.cancel(HOUSE["recovery"], HOUSE["recovered"], working="ines", **by_staff()),
        "recovery.cancelled",
    ),
    "recovery_ends.expire": Row(
        lambda _: recovery_ends.expire([HOUSE["recovery"]], **later(hours=72)), "recovery.expired"
    ),
    "recovery_ends.expire_overdue": Row(
        lambda _: recovery_ends.expire_overdue(**later(hours=72)), "recovery.expired"
    ),
}


def house() -> dict[str, Any]:
    """Return a family that can be recovered, and one that is being recovered."""
    family = orphaned(2)
    recovery, voter = family.begun(), family.members[0]
    return {
        "orphaned": orphaned(1),
        "recovered": family.stored(),
        "recovery": recovery,
        "voter": voter,
        "code": code_of(voter),
    }
