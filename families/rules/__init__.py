"""What a family is called, how it may be set, who is what in it and to each other. No database, no clock.

Source: HTTP contract, sections 4 to 6.
"""

import re
import unicodedata
import zoneinfo
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from ops.errors import Fault

NAME_LENGTH = (2, 100)
RESERVED_PREFIXES = ("family_", "team_", "admin_", "system_", "bot_", "service_")
MOST_THRESHOLD = 10**9
MOST_TOKENS = 10**12
REQUEST_HOURS = (1, 720)

SETTINGS_DEFAULTS: Mapping[str, Any] = {
    "allow_member_invites": False,
    "visibility": "private",
    "timezone": "UTC",
    "auto_approval_threshold": 0,
    "auto_approval_daily_cap": None,  # as much as the threshold
    "request_expiry_hours": 168,
}
NOTIFICATION_DEFAULTS: Mapping[str, Any] = {
    "notify_on_spend": True,
    "notify_on_deposit": True,
    "large_transaction_threshold": 1000,
    "notify_admins_only": False,
}


class FamilyStatus(StrEnum):
    """States of a family. Source: HTTP contract, section 17."""

    ACTIVE = "active"
    DISSOLVED = "dissolved"


class MemberRole(StrEnum):
    """What a member is in the family."""

    ADMIN = "admin"
    MEMBER = "member"


# What an admin does as admin, as the audit log calls it.
ADMIN_ACTIONS = (
    "family.updated",
    "invitation.created",
    "invitation.resent",
    "invitation.link_made",
    "invitation.cancelled",
    "member.removed",
    "admin.promoted",
    "admin.demoted",
    "backup_admin.designated",
    "backup_admin.removed",
    "relationship.changed",
    "rights.changed",
    "account.frozen",
    "account.unfrozen",
    "compliance.reported",
    "allowance.created",
    "allowance.changed",
    "allowance.stopped",
    "token_request.approved",
    "token_request.denied",
    "purchase_request.approved",
    "purchase_request.denied",
)


class RelationshipType(StrEnum):
    """What somebody is to another member."""

    PARENT = "parent"
    CHILD = "child"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    UNCLE = "uncle"
    AUNT = "aunt"
    NEPHEW = "nephew"
    NIECE = "niece"
    SIBLING = "sibling"
    SPOUSE = "spouse"
    COUSIN = "cousin"


class RelationshipStatus(StrEnum):
    """States of a relationship. Source: HTTP contract, section 17."""

    ACTIVE = "active"
    ENDED = "ended"


# What the first of a pair is to the other, and what the other can be to the first: what is first in a row
# holds unless something else is said.
RECIPROCALS: Mapping[RelationshipType, tuple[RelationshipType, ...]] = {
    RelationshipType.PARENT: (RelationshipType.CHILD,),
    RelationshipType.CHILD: (RelationshipType.PARENT,),
    RelationshipType.GRANDPARENT: (RelationshipType.GRANDCHILD,),
    RelationshipType.GRANDCHILD: (RelationshipType.GRANDPARENT,),
    RelationshipType.UNCLE: (RelationshipType.NEPHEW, RelationshipType.NIECE),
    RelationshipType.AUNT: (RelationshipType.NIECE, RelationshipType.NEPHEW),
    RelationshipType.NEPHEW: (RelationshipType.UNCLE, RelationshipType.AUNT),
    RelationshipType.NIECE: (RelationshipType.AUNT, RelationshipType.UNCLE),
    RelationshipType.SIBLING: (RelationshipType.SIBLING,),
    RelationshipType.SPOUSE: (RelationshipType.SPOUSE,),
    RelationshipType.COUSIN: (RelationshipType.COUSIN,),
}


def relationship_type(text: str) -> RelationshipType | None:
    """Return the type of this name, in any case; ``None``: there is none."""
    try:
        return RelationshipType(text.lower())
    except ValueError:
        return None


def reciprocal(kind: RelationshipType) -> RelationshipType:
    """Return what the other is, seen from the other side, unless something else is said."""
    return RECIPROCALS[kind][0]


def pair_of(one: str, other: str) -> str:
    """Return what a pair of people is found by, in whatever order they are named."""
    return " ".join(sorted((one, other)))


def may_invite(*, is_admin: bool, settings: Mapping[str, Any]) -> bool:
    """Tell whether a member may invite: admins always, the others where the family lets them."""
    return is_admin or bool(effective_settings(settings)["allow_member_invites"])


def name_fault(name: str) -> Fault | None:
    """Say why a family cannot be called so; ``None``: it can. The name is trimmed and NFC.

    Letters, marks, digits, spaces, punctuation, symbols and emoji of any script, at least one of them
    not punctuation.
    """
    if any(not _is_possible(character) for character in name):
        return Fault("invalid_format", "Some of these characters cannot stand in a name.")
    if all(unicodedata.category(character)[0] in "PZ" or _joins(character) for character in name):
        return Fault("invalid_format", "A name needs more than punctuation.")
    # Case-folded and without what nobody sees, or the name would only not look reserved to us.
    if _JOINERS.sub("", name).casefold().startswith(RESERVED_PREFIXES):
        return Fault("reserved", "A name cannot begin like this; such names are kept for the system.")
    return None


def default_name(username: str) -> str:
    """Return the name of a family that was given none."""
    return f"{username}'s Family"


def timezone_fault(name: str) -> Fault | None:
    """Say that this names no IANA time zone; ``None``: it does."""
    if name in _zones():
        return None
    return Fault("invalid_choice", "There is no such IANA time zone.")


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def effective_settings(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings: what is stored, and the default of what is not."""
    effective = {**SETTINGS_DEFAULTS, **stored}
    if effective["auto_approval_daily_cap"] is None:
        effective["auto_approval_daily_cap"] = effective["auto_approval_threshold"]
    return effective


def effective_notification_settings(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return all notification settings: what is stored, and the default of what is not."""
    return {**NOTIFICATION_DEFAULTS, **stored}


def _is_possible(character: str) -> bool:
    if character in "<>":
        return False
    # Letters, marks, numbers, punctuation, symbols, spaces; of the rest only what joins emoji, and emoji
    # that are newer than Python's tables.
    return unicodedata.category(character) in _POSSIBLE or _joins(character) or character in _EMOJI


_POSSIBLE = frozenset(
    "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs".split()  # noqa: SIM905  # a table
)
_EMOJI = frozenset(map(chr, range(0x1F000, 0x1FB00)))
_JOINERS = re.compile("[\u200c\u200d\ufe0f\U000e0020-\U000e007f]")


def _joins(character: str) -> bool:
    """Tell whether it only holds others together: joiners of emoji and letters, selectors, tags of flags."""
    return _JOINERS.match(character) is not None
