"""While the worker does not attend to incidents, the process of the metrics does."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from family_site.celery import JOBS
from ops.incidents import standing_in
from ops.incidents.standing_in import stand_in
from ops.jobs import heartbeats
from ops.mongo.collections import control_collection
from ops.rounds import registry
from tests.maintained import maintained
from tests.ops.incidents.opened import NOW, be_alone, forget_all, opened, take_no_bundle

SECOND = timedelta(seconds=1)


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[list[str]]:
    be_alone(monkeypatch, settings, tmp_path)
    _forget()
    opened()
    yield take_no_bundle(monkeypatch)
    _forget()


def _forget() -> None:
    forget_all()
    control_collection(heartbeats.NAME).delete({"_id": standing_in.JOB})


def ended_well(seconds: int) -> None:
    """Keep that the worker's job last ended well so many seconds ago."""
    ok_at = {"$set": {"ok_at": NOW - seconds * SECOND}}
    control_collection(heartbeats.NAME).update({"_id": standing_in.JOB}, ok_at, upsert=True)


@pytest.mark.parametrize(("seconds", "taken"), [(59, []), (60, ["inc_one"])], ids=["it does", "it does not"])
def test_it_attends_when_the_worker_has_not_for_a_minute(
    bundles: list[str], seconds: int, taken: list[str]
) -> None:
    ended_well(seconds)

    assert (stand_in(NOW) is None) == (not taken)
    assert bundles == taken


def test_it_attends_where_no_worker_ever_did_and_during_maintenance(bundles: list[str]) -> None:
    with maintained(NOW):
        stand_in(NOW)

    assert bundles == ["inc_one"]


def test_it_is_one_of_the_rounds_and_its_name_is_that_of_the_job() -> None:
    assert "attend" in {each.name for each in registry.rounds()}
    assert standing_in.JOB in {job.task for job in JOBS}
