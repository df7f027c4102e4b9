"""The limits of all operations, in one table. Source: HTTP contract, section 3.

Wrong passwords and mails that are asked for are counted besides, in MongoDB, so that nobody who is guessing
is freed by an empty Redis: ``family_site.identity.rules``.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Key(StrEnum):
    """By what calls are counted."""

    USER = "user"
    ADDRESS = "address"
    SESSION = "session"


class Limit(NamedTuple):
    """So many calls in a window of so many seconds, counted by the key.

    ``here_only``: each process counts for itself, since the operation must not depend on Redis.
    """

    operation: str
    most: int
    window: int
    key: Key
    here_only: bool = False


MINUTE, QUARTER, HOUR, DAY = 60, 15 * 60, 60 * 60, 24 * 60 * 60
READ = "read"
UNAUTHENTICATED, HEALTH_PROBE = "unauthenticated", "health_probe"

_ROWS = (
    # Reads without a row of their own, and what changes nothing that could be used up.
    Limit(READ, 600, MINUTE, Key.USER),
    # Families
    Limit("family_create", 5, HOUR, Key.USER),
    Limit("family_update", 10, HOUR, Key.USER),
    Limit("family_delete", 2, HOUR, Key.USER),
    Limit("member_remove", 10, HOUR, Key.USER),
    Limit("member_leave", 5, HOUR, Key.USER),
    Limit("admin_change", 5, HOUR, Key.USER),
    Limit("backup_change", 5, HOUR, Key.USER),
    Limit("relationship_modify", 10, HOUR, Key.USER),
    Limit("recovery_initiate", 2, HOUR, Key.USER),
    Limit("recovery_verify", 5, HOUR, Key.USER),
    Limit("report_create", 5, HOUR, Key.USER),
    Limit("integrity_check", 10, HOUR, Key.USER),
    # Invitations
    Limit("invitation_create", 10, HOUR, Key.USER),
    Limit("invitation_respond", 20, HOUR, Key.USER),
    Limit("invitation_resend", 5, HOUR, Key.USER),
    Limit("invitation_cancel", 10, HOUR, Key.USER),
    Limit("invitation_token", 10, HOUR, Key.ADDRESS),
    Limit("invitation_token_page", 60, HOUR, Key.ADDRESS),
    # Tokens
    Limit("permissions_update", 10, HOUR, Key.USER),
    Limit("account_freeze", 30, HOUR, Key.USER),
    Limit("emergency_create", 2, HOUR, Key.USER),
    Limit("emergency_vote", 10, HOUR, Key.USER),
    Limit("spending_validate", 100, MINUTE, Key.USER),
    Limit("token_send", 30, MINUTE, Key.USER),
    Limit("account_transfer", 30, MINUTE, Key.USER),
    Limit("account_contribute", 30, MINUTE, Key.USER),
    Limit("token_request", 10, DAY, Key.USER),
    Limit("token_review", 20, HOUR, Key.USER),
    Limit("purchase_request", 10, DAY, Key.USER),
    Limit("purchase_review", 20, HOUR, Key.USER),
    Limit("allowance_update", 30, HOUR, Key.USER),
    Limit("note_update", 60, HOUR, Key.USER),
    # Notices
    Limit("notifications_mark", 60, MINUTE, Key.USER),
    Limit("preferences_update", 30, HOUR, Key.USER),
    # Sign-in
    Limit("register", 10, HOUR, Key.ADDRESS),
    Limit("login", 10, QUARTER, Key.ADDRESS),
    Limit("login_2fa", 5, 5 * MINUTE, Key.SESSION),  # of a challenge, which lives as long
    Limit("refresh", 60, HOUR, Key.SESSION),
    Limit("verify_email", 20, HOUR, Key.ADDRESS),
    Limit("verify_email_page", 60, HOUR, Key.ADDRESS),
    Limit("password_forgot", 5, HOUR, Key.ADDRESS),
    Limit("password_change", 10, HOUR, Key.USER),
    Limit("verify_resend", 5, HOUR, Key.ADDRESS),
    Limit("two_factor_change", 10, HOUR, Key.USER),
    Limit("reauthenticate", 10, HOUR, Key.USER),
    Limit("second_factor_page", 60, HOUR, Key.ADDRESS),
    Limit("api_token_create", 10, HOUR, Key.USER),
    Limit("api_token_list", 50, HOUR, Key.USER),
    Limit("api_token_revoke", 20, HOUR, Key.USER),
    Limit(UNAUTHENTICATED, 300, MINUTE, Key.ADDRESS),
    # Staff and operators
    Limit("limits_update", 30, HOUR, Key.USER),
    Limit("cleanup", 10, HOUR, Key.USER),
    Limit("console_export", 60, HOUR, Key.USER),
    Limit("operator_write", 60, HOUR, Key.USER),
    Limit("alerts_in", 600, MINUTE, Key.ADDRESS),
    Limit(HEALTH_PROBE, 600, MINUTE, Key.ADDRESS, here_only=True),
)
LIMITS: Mapping[str, Limit] = MappingProxyType({row.operation: row for row in _ROWS})
