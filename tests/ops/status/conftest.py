"""Fixtures of the status page: nothing remembered from before, and nothing left behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops import clock
from ops.health import components
from ops.incidents import records
from ops.jobs import heartbeats, wellbeing
from ops.mongo.breaker import breaker
from ops.mongo.collections import Document, control_collection
from ops.status import api, days
from ops.status.knowing import Memory

NOON = datetime(2030, 3, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[None]:
    """Nothing is known or counted; a worker and a beat have just said that they live."""
    settings.STATUS_DIR = tmp_path / "status"
    monkeypatch.setattr(api.latest, "_memory", Memory())
    api.latest.forget()
    components.prober.reset()
    for role in wellbeing.ROLES:
        heartbeats.alive(role, since=clock.now(), now=clock.now())
    _empty()
    yield
    for role in wellbeing.ROLES:
        heartbeats.ended(role, forgotten=clock.now())
    _empty()
    api.latest.forget()


def _empty() -> None:
    for name in (days.NAME, records.NAME):
        control_collection(name).delete({})


@contextmanager
def mongodb_away() -> Iterator[None]:
    """Let MongoDB be away for this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(breaker, "_open_since", 1.0)
        patch.setattr(breaker, "_last_fault", "ServerSelectionTimeoutError")
        yield


def told(number: int, at: datetime, *texts: str, resolved_at: datetime | None = None) -> Document:
    """Write an incident of which users are told these texts, and something that only staff may know."""
    updates = [{"at": at, "state": "investigating", "text": text, "by": "user_of_staff"} for text in texts]
    incident = {
        "_id": f"inc_{number:030x}",
        "kind": "security",
        "title": "mongo-2.internal does not answer",
        "state": "resolved" if resolved_at else "open",
        "opened_at": at,
        "resolved_at": resolved_at,
        "public": {"title": f"Trouble {number}", "components": ["API"], "updates": updates},
    }
    control_collection(records.NAME).insert(incident)
    return incident
