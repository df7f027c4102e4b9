"""The words of rules of access and of security events; no model, so that a server knows them at its start."""

from enum import StrEnum


class AccessList(StrEnum):
    """What a rule of access does."""

    BLOCK = "block"
    ALLOW = "allow"


class RuleKind(StrEnum):
    """What a rule of access is about."""

    ADDRESS = "address"
    NETWORK = "network"
    USER = "user"
    EMAIL = "email"


class SecurityEventType(StrEnum):
    """What happened; each is about a user (by id) or a network address."""

    # Somebody failed to sign in as often as is possible: a password is guessed, or forgotten.
    SIGN_IN_LIMITED = "sign_in_limited"
    # A refresh token came a second time: somebody has a copy of it; its session has ended.
    REFRESH_REUSED = "refresh_reused"
    # A rule of access kept somebody out who tried.
    BLOCKED_CALL = "blocked_call"
    # Somebody called as often as they may: a client that is broken, or one that takes what it can.
    RATE_LIMITED = "rate_limited"
    # A member of staff asked for what their roles do not let them: curious, or without a role they need.
    STAFF_REFUSED = "staff_refused"
