"""All topics of the look at audit entries that have a module of their own.

A new topic needs its line in ``TOPICS``.
"""

from typing import Any

from tests import (
    audited_allowances,
    audited_emergencies,
    audited_external,
    audited_issuing,
    audited_members,
    audited_permanent_tokens,
    audited_records,
    audited_recoveries,
    audited_requests,
    audited_security,
    audited_sign_in,
    audited_tokens,
    audited_viewing,
)
from tests.audited import Row

TOPICS = (
    audited_allowances,
    audited_emergencies,
    audited_external,
    audited_issuing,
    audited_members,
    audited_permanent_tokens,
    audited_records,
    audited_recoveries,
    audited_requests,
    audited_security,
    audited_sign_in,
    audited_tokens,
    audited_viewing,
)
ROWS: dict[str, Row] = {name: row for topic in TOPICS for name, row in topic.ROWS.items()}
# Part of an action that is audited as a whole, by topic.
PARTS: dict[str, str] = {name: why for topic in TOPICS for name, why in getattr(topic, "PARTS", {}).items()}


def house() -> dict[str, Any]:
    """Return what the rows of all topics need."""
    return {name: made for topic in TOPICS for name, made in topic.house().items()}
