"""A mongod that fails when it is told to."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from tests.ops.mongo.pots import Add, Move, Pot, Server, add_by_driver, add_by_orm, new_pot


@pytest.fixture(scope="session", autouse=True)
def _pots(_database: None) -> None:  # the order matters, not the value
    connection: Any = connections["default"]
    connection.database.drop_collection("pots")
    with connection.schema_editor() as editor:
        editor.create_model(Pot)


@pytest.fixture
def server() -> Iterator[Server]:
    """The server; whatever was made to fail is well again afterwards."""
    server = Server()
    try:
        yield server
    finally:
        server.mend()
        server.settle()
        server.client.close()


@pytest.fixture(params=[add_by_orm, add_by_driver], ids=["orm", "driver"])
def add(request: pytest.FixtureRequest) -> Add:
    """Either way to write."""
    chosen: Add = request.param
    return chosen


@pytest.fixture
def move(add: Add) -> Move:
    """The unit that moves 10 from ``a`` (100) to ``b`` (0)."""
    new_pot("a", 100)
    new_pot("b", 0)
    return Move(add)
