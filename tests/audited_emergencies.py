"""Votes on opening an account in the look at audit entries."""

from typing import Any

from families import queries
from families.actions import emergencies, emergency_ends
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from tests.audited import HOUSE, Row, at, by_staff, later
from tests.families.frozen import WHY, Frozen

PARTS = {"openings.follow": "of opening an account: the end of a vote is a change of its own"}


@unit_of_work()
def _leave() -> None:
    """Let somebody's vote count no more, as part of a unit."""
    emergency_ends.follow_departure(_family(), HOUSE["voter_of_two"].id, **by_staff())


@unit_of_work()
def _open() -> None:
    """Let the freeze end, as part of a unit."""
    emergency_ends.follow_opening(HOUSE["voted_on"].account, **by_staff())


ROWS: dict[str, Row] = {
    "emergencies.request": Row(
        lambda _: emergencies.request(HOUSE["not_voted_on"].id, WHY, **at(HOUSE["not_voted_on"].members[0])),
        "emergency_unfreeze.requested",
    ),
    "emergencies.approve": Row(
        lambda _: emergencies.approve(HOUSE["vote"]["_id"], **at(HOUSE["voter_of_two"])),
        "emergency_unfreeze.executed",
    ),
    "emergencies.reject": Row(
        lambda _: emergencies.reject(HOUSE["vote"]["_id"], None, **at(HOUSE["voter_of_two"])),
        "emergency_unfreeze.rejected",
    ),
    "emergency_ends.follow_departure": Row(lambda _: _leave(), "emergency_unfreeze.rejected"),
    "emergency_ends.follow_opening": Row(lambda _: _open(), "emergency_unfreeze.superseded"),
    "emergency_ends.write_down": Row(
        lambda _: emergency_ends.write_down(HOUSE["vote"], **by_staff()), "emergency_unfreeze.superseded"
    ),
    "emergency_ends.expire": Row(
        lambda _: emergency_ends.expire([HOUSE["vote"]], **later(hours=48)), "emergency_unfreeze.expired"
    ),
    "emergency_ends.expire_overdue": Row(
        lambda _: emergency_ends.expire_overdue(**later(hours=48)), "emergency_unfreeze.expired"
    ),
}


def house() -> dict[str, Any]:
    """Return a family whose account is frozen, and one of which two vote on opening it."""
    contested = Frozen(2)
    return {
        "not_voted_on": Frozen(2),
        "voted_on": contested,
        "vote": contested.begun(),
        "voter_of_two": contested.members[1],
    }


def _family() -> Document:
    family = queries.active_family(HOUSE["voted_on"].id)
    assert family is not None
    return family
