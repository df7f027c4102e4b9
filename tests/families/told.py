"""Notices, as tests write them and look at them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from ops import clock, notices
from ops.mongo.unit_of_work import unit_of_work
from tests.database import documents
from tests.factories import Person

ADDED, REMOVED, DESIGNATED = "member_added", "member_removed", "backup_admin_designated"
DATA = {"who": "omar", "user_id": "user_1", "by": "ines", "family_name": "Larks"}


@unit_of_work()
def tell(
    people: Sequence[Person],
    name: str = ADDED,
    *,
    now: datetime | None = None,
    family_id: str | None = None,
    mail_to: Collection[Person] | None = None,
) -> None:
    """Tell people of a change that is not there."""
    notices.tell(
        [each.id for each in people],
        name,
        data=DATA,
        now=now or clock.now(),
        family_id=family_id,
        mail_to=None if mail_to is None else [each.id for each in mail_to],
    )


def told(person: Person) -> dict[str, str]:
    """Return the types of a person's notices, each with its status."""
    found = documents("notifications")["notifications"]
    return {each["type"]: each["status"] for each in found if each["user_id"] == person.id}


def mailed() -> list[str]:
    """Return to whom notices are mailed."""
    queued = documents("email_outbox")["email_outbox"]
    return sorted(each["to"] for each in queued if each["template"] == "notice")
