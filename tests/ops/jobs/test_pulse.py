"""The pulse: a process says that it lives, and what it says of a database that does not take it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from pymongo import MongoClient
from structlog.testing import capture_logs

from ops import clock
from ops.jobs import heartbeats
from ops.jobs.pulse import Pulse
from ops.mongo.collections import Document, control_collection
from tests.waiting import until

ROLE, UNAUTHORIZED = "web", 13


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    """Those of others, and then its own."""
    heartbeats.ended(ROLE, forgotten=clock.now())
    yield
    heartbeats.ended(ROLE, forgotten=clock.now())


@pytest.fixture
def admin() -> Iterator[Any]:
    with MongoClient[dict[str, Any]](settings.MONGODB_URI) as client:
        yield client.admin
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def beats() -> list[Document]:
    return control_collection(heartbeats.NAME).find({"role": ROLE}, limit=9)


def test_it_says_that_the_process_lives_until_it_ends() -> None:
    pulse = Pulse(ROLE)
    pulse.start()
    assert until(lambda: len(beats()) == 1)

    pulse.stop()

    assert beats() == []


@pytest.mark.parametrize(("is_quiet", "said"), [(True, []), (False, ["heartbeat not written"])])
def test_it_goes_on_without_a_database_and_a_quiet_one_says_nothing_of_it(
    admin: Any, *, is_quiet: bool, said: list[str]
) -> None:
    refuse = {"failCommands": ["update", "delete"], "errorCode": UNAUTHORIZED, "appName": "sbd-shell"}
    before = admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": refuse})["count"]
    pulse = Pulse(ROLE, is_quiet=is_quiet)

    with capture_logs() as log:
        pulse.start()
        # One deletes those that were killed before, the other says that this one lives.
        admin.command({"waitForFailPoint": "failCommand", "timesEntered": before + 2, "maxTimeMS": 10_000})
        pulse.stop()

    assert [each["event"] for each in log] == said
    assert beats() == []
