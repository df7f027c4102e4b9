"""What operations keep about people: the audit log, what they were told, and what they left behind."""

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
        *_of_the_console(),
    )


def _of_the_console() -> tuple[Kept, ...]:
    """Return what staff leave behind in the console, and what runs keep of those they are about."""
    return (
        # Not what it searches for: that may be others.
        Kept(
            "console_filters",
            lambda person: {"owner": person.id},
            ("model", "name", "shared", "created_at"),
        ),
        Kept(
            "console_runs",
            _runs,
            ("label", "total", "state", "started_at", "over_at"),
            written=("by.address", "by.user_agent", "by.session_id", "said.reason"),
            author="by.id",
        ),
        # Not the others that it was done to.
        Kept("console_run_parts", lambda person: {"ids": person.id}, ("started_at",)),
    )


def _changes(person: Person) -> dict[str, object]:
    """Those that they made, and those that were made to them."""
    return {"$or": [{"actor": person.id}, {"target": person.id}]}


def _runs(person: Person) -> dict[str, object]:
    """Those that they began or stopped, and those that tell of them."""
    return {"$or": [{name: person.id} for name in ("by.id", "stopped.by", "first.id")]}
