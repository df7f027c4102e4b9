"""Fixes as somebody types them, and what they leave."""

import json
from typing import Any, NamedTuple

from ops.doctor import fixing
from tests.database import audit


class Said(NamedTuple):
    """What a fix said with ``--json``: exit status, lines, and why it refused; ``None``: it did not."""

    status: int
    lines: list[str]
    refused: str | None


def typed(name: str, *, apply: bool = False, reason: str | None = None, **given: str) -> Said:
    """Run a fix."""
    text, status = fixing.run(name, given, apply=apply, reason=reason, as_json=True)
    said: dict[str, Any] = json.loads(text)
    assert (said["fix"], said["applied"]) == (name, apply and "refused" not in said)
    return Said(status, said["lines"], said.get("refused"))


def noted() -> list[tuple[str, str, str | None]]:
    """Return the notes of fixes: which, by whom, why."""
    return [(each["target"], each["actor"], each["private"].get("reason")) for each in audit("doctor.mended")]
