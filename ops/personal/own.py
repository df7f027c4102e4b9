"""What operations keep about people: the audit log, mails, notices, security events, rules of access."""

from ops.personal.registry import Kept, Person, register

# Not what was changed: of others it is theirs, and of oneself it stands in the collections.
AUDIT = ("at", "action", "actor", "target", "family_id", "request_id", "as_staff")


def enter() -> None:
    """Enter the collections."""
    register(
        Kept(
            "audit_log",
            _changes,
            AUDIT,
            written=("private.address", "private.user_agent", "private.session_id", "private.reason"),
        ),
        Kept(
            "notifications",
            lambda person: {"user_id": person.id},
            ("family_id", "type", "created_at", "status", "read_at", "archived_at"),
        ),
        Kept(
            "email_outbox",
            lambda person: {"to": person.email},
            ("to", "template", "status", "created_at", "sent_at"),
        ),
        Kept(
            "security_events",
            lambda person: {"subject": person.id},
            ("type", "count", "first_at", "last_at", "resolved_at"),
        ),
        Kept(
            "access_rules",
            lambda person: {"value": {"$in": [person.id, person.email]}},
            ("list", "kind", "value", "until", "created_at"),
        ),
    )


def _changes(person: Person) -> dict[str, object]:
    """Those that they made, and those that were made to them."""
    return {"$or": [{"actor": person.id}, {"target": person.id}]}
