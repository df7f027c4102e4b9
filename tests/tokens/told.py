"""Whom a change of tokens tells, what it leaves in the audit log, and that a refusal leaves nothing."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ops.errors import DomainError
from ops.mongo.collections import collection
from tests.database import audit, documents
from tests.factories import Person

MONEY = ("sbd_accounts", "sbd_transactions", "sbd_entries", "notifications", "email_outbox", "audit_log")


def told() -> dict[str, list[str]]:
    """Return the ids of those who were told, by type of notice, sorted."""
    found: dict[str, list[str]] = {}
    for each in documents("notifications")["notifications"]:
        found.setdefault(each["type"], []).append(each["user_id"])
    return {name: sorted(user_ids) for name, user_ids in found.items()}


def mailed() -> list[str]:
    """Return the addresses to which mails are to leave, sorted."""
    return sorted(each["to"] for each in documents("email_outbox")["email_outbox"])


def ids(people: Iterable[Person]) -> list[str]:
    """Return the ids of people, sorted."""
    return sorted(each.id for each in people)


def forget() -> None:
    """Take away what was told and mailed until now."""
    for name in ("notifications", "email_outbox"):
        collection(name).delete({})


def recorded(action: str) -> dict[str, Any]:
    """Return the last audit entry of an action."""
    return audit(action)[-1]


def refused(act: Callable[[], object], error: type[DomainError]) -> Any:
    """Do what is refused, and changes nothing; returns the details."""
    before = documents(*MONEY)
    with pytest.raises(error) as raised:
        act()
    assert documents(*MONEY) == before
    return raised.value.details
