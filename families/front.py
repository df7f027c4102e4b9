"""What families tell on the console's front page."""

from collections.abc import Callable
from datetime import datetime

from families.invitations.rules import InvitationStatus
from families.rules.emergency import EmergencyStatus
from ops.front import attention, series
from ops.front.attention import Attention, of
from ops.front.series import Series
from ops.front.where import list_of
from ops.mongo.collections import Filter
from tokens.rules.allowances import ScheduleStatus

FAMILY, INVITATION, SENT = "families.view_family", "invitations.view_familyinvitation", "family_invitations"
LIST = "invitations.familyinvitation"


def enter() -> None:
    """Register it."""
    accepted = {"status": str(InvitationStatus.ACCEPTED)}
    series.register(
        Series("families", "families founded", FAMILY, "families", "created_at", "families.family"),
        Series("invited", "invitations sent", INVITATION, SENT, "created_at", LIST),
        Series("accepted", "invitations accepted", INVITATION, SENT, "responded_at", LIST, filters=accepted),
    )
    for each in (_invitations(), _allowances(), _votes()):
        attention.register(each)


def _invitations() -> Attention:
    count = of(SENT, _overdue(str(InvitationStatus.PENDING), "expires_at"))
    return Attention(
        "overdue_invitations", "overdue invitations", INVITATION, count, list_of(LIST, expires="overdue")
    )


def _allowances() -> Attention:
    count = of("allowances", _overdue(str(ScheduleStatus.ACTIVE), "next_at"))
    where = list_of("tokens.allowance", overdue="yes")
    return Attention(
        "unpaid_allowances", "allowances due and not paid", "tokens.view_allowance", count, where
    )


def _votes() -> Attention:
    pending = {"status": str(EmergencyStatus.PENDING)}
    count = of("emergency_unfreezes", lambda _now: pending)
    where = list_of("families.emergencyunfreeze", **pending)
    permission = "families.view_emergencyunfreeze"
    return Attention("open_votes", "open votes on a freeze", permission, count, where)


def _overdue(status: str, time: str) -> Callable[[datetime], Filter]:
    return lambda now: {"status": status, time: {"$lte": now}}
