"""The front page: nothing of other tests is kept in the control database."""

from collections.abc import Iterator

import pytest

from ops.jobs import heartbeats
from ops.mongo.collections import control_collection
from tests.ops.incidents.opened import forget_all


@pytest.fixture(autouse=True)
def _none() -> Iterator[None]:
    _forget()
    yield
    _forget()


def _forget() -> None:
    forget_all()
    control_collection(heartbeats.NAME).delete({})
