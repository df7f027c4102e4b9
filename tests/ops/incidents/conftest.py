"""Fixtures of incidents."""

from collections.abc import Iterator
from typing import Any

import pytest

from ops.doctor import recording
from ops.incidents import records
from ops.incidents.starting import CLAIMS
from ops.mongo.collections import control_collection

PAGES = "incident_pages"
SECRET = "of-the-monitoring-as-long-as-it-must-be"


def _forget() -> None:
    for name in (records.NAME, records.EVENTS, CLAIMS, PAGES, recording.NAME):
        control_collection(name).delete({})


@pytest.fixture
def empty() -> Iterator[None]:
    """Begin and end without incidents, and without what doctor saw."""
    _forget()
    yield
    _forget()


@pytest.fixture
def secret(settings: Any) -> str:
    """The secret that Alertmanager shows, beside an older one."""
    settings.MONITORING_SECRETS = ("an-older-one-of-the-monitoring-too-long", SECRET)
    return SECRET
