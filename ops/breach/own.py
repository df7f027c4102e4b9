"""What operations know of a breach: where their documents lie, and which of their acts let somebody in."""

from ops.breach import registry

COLLECTIONS = {"aud": "audit_log", "mail": "email_outbox", "acr": "access_rules", "sev": "security_events"}
WAYS = {
    "access.allowed": "rule of access that lets somebody in",
    "access.removed": "rule of access taken away",
    "rate_limit.overridden": "rate limit raised or lowered",
    "mail.resent": "mail sent once more",
}


def enter() -> None:
    """Enter it."""
    registry.ids(COLLECTIONS)
    registry.ways_in(WAYS)
