"""Steps, and where they are walked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.doctor.whereabouts import Whereabouts
from ops.runbook.pages import Kind, Step

MONGODB, REDIS = "mongodb://ann:p%40ss@localhost:27017,other:27017/?replicaSet=sbd", "redis://localhost"


@pytest.fixture
def where(tmp_path: Path) -> Whereabouts:
    """Production, with everything on the ports that the runbook means."""
    return Whereabouts("production", tmp_path / "var", 8000, MONGODB, REDIS, faults=("PORT is wrong",))


@pytest.fixture
def step() -> Callable[..., Step]:
    """``step(command, kind, instead)`` is a step; one that changes something is dangerous."""

    def made(command: str, kind: Kind = Kind.LOOK, instead: str | None = None, name: str = "R001") -> Step:
        danger = "breaks what it changes" if kind == Kind.CHANGE else None
        return Step((name,), "It is well", command, "bash", "Healthy: all.", danger, instead, kind)

    return made
