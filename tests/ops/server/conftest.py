"""Servers that end with their test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.server.asgi import WsgiApplication
from tests.ops.server.served import Gate, Served

Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve(application, **options)`` starts a server with a bridge of these options."""
    running: list[Served] = []

    def start(application: WsgiApplication, **options: Any) -> Served:
        running.append(Served(application, **options))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def gate() -> Iterator[Gate]:
    """An application whose calls stand still until the gate opens, at the latest at the test's end."""
    gate = Gate()
    yield gate
    gate.opened.set()
