"""What families tell people: every type with its words; and what somebody prefers of them.

The types of an invitation's life are registered beside it. Source: HTTP contract, section 12.
"""

from collections.abc import Mapping
from typing import Any

from ops.errors import FieldFault
from ops.notices import NoticeType, Preferences, registered
from ops.notices.kinds import Way

TYPES = (
    NoticeType("member_added", "New member", "{who} has joined {family_name}."),
    NoticeType("member_left", "A member has left", "{who} has left {family_name}."),
    NoticeType(
        "member_removed",
        "A membership has ended",
        "{who} is no longer a member of {family_name}: an admin has ended the membership.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "relationship_modified",
        "A relationship was changed",
        "In {family_name}, {who_b} stands as {type} to {who_a} now.",
    ),
    NoticeType(
        "family_dissolved",
        "A family was dissolved",
        "{by} has dissolved {family_name}. Its members can no longer open it.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "admin_promoted",
        "New admin",
        "{by} has made {who} an admin of {family_name}.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "admin_demoted",
        "An admin steps back",
        "{who} is a member of {family_name} without being its admin now; {by} changed this.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "backup_admin_designated",
        "New backup admin",
        "{by} has asked {who} to stand ready as backup admin of {family_name}.",
        mailed=True,
    ),
    NoticeType(
        "backup_admin_removed",
        "A backup admin steps back",
        "{who} no longer stands ready as backup admin of {family_name}; {by} changed this.",
        mailed=True,
    ),
    NoticeType("upgrade_soon", "No room left", "All {limit} places of {family_name} are taken."),
    NoticeType(
        "recovery_started",
        "A family asks for a new admin",
        "{who} has started a recovery of {family_name}, since none of its admins can sign in. "
        "Once enough members have confirmed it, one of them becomes its admin.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "recovery_completed",
        "A family has a new admin",
        "Enough members have confirmed the recovery of {family_name}: {who} is its admin now.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "recovery_cancelled",
        "A recovery has ended",
        "The recovery of {family_name} has ended without a change: {who}, one of its admins, is back.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "emergency_unfreeze_request",
        "A vote on a frozen account",
        "{who} asks the members of {family_name} to open its frozen account again. "
        "It is opened once enough of them have agreed.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "emergency_unfreeze_executed",
        "Account open again",
        "Enough members of {family_name} have agreed: its account is open again.",
        fixed=True,
        mailed=True,
    ),
    NoticeType(
        "emergency_unfreeze_closed",
        "A vote has ended",
        "The vote on opening the account of {family_name} {outcome}: nothing is changed.",
        mailed=True,
    ),
    NoticeType(
        "allowance_paid", "Allowance paid", "You have got your allowance of {amount} SBD from {family_name}."
    ),
    NoticeType(
        "allowance_missed",
        "Allowance missed",
        "{who} did not get the allowance of {amount} SBD from {family_name} for {period}: {why}.",
    ),
)

# Wishes of a person that hold for all types, with what they are until somebody says otherwise.
WISHES = {"email_notifications": True, "push_notifications": True, "sms_notifications": False}


def wishes(stored: Mapping[str, Any]) -> dict[str, bool]:
    """Return what somebody wishes for all types, from ``family_people.notice_preferences``."""
    return {name: stored.get(name, default) for name, default in WISHES.items()}


def preferences(stored: Mapping[str, Any]) -> Preferences:
    """Return what somebody prefers, from ``family_people.notice_preferences``."""
    return Preferences(wishes(stored)["email_notifications"], stored.get("kinds", {}))


def chosen_kinds(stored: Mapping[str, Any]) -> dict[str, dict[str, bool]]:
    """Return of every type by which ways somebody wants it."""
    preferred = preferences(stored)
    return {kind.name: {str(way): preferred.chosen(kind, way) for way in Way} for kind in registered()}


def faults_of(kinds: Mapping[str, Mapping[str, bool]]) -> list[FieldFault]:
    """Say what is wrong with a wish for types: what there is not, and what cannot be chosen."""
    known = {kind.name: kind for kind in registered()}
    faults = []
    for name, wanted in kinds.items():
        if name not in known:
            faults.append(FieldFault(f"kinds.{name[:64]}", "invalid_choice", "There is no such type."))
            continue
        for way, value in wanted.items():
            use = known[name].ways[Way(way)]
            if use.fixed and value != use.default:
                message = f"This is always {str(use.default).lower()}."
                faults.append(FieldFault(f"kinds.{name}.{way}", "not_allowed", message))
    return faults
