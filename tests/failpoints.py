"""Faults that the tests' MongoDB makes by itself, on command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from pymongo import MongoClient


@contextmanager
def failing(*commands: str, mode: Any = "alwaysOn", **how: Any) -> Iterator[None]:
    """Let these commands fail as ``how`` says (``errorCode``, ``closeConnection``…) until the block ends.

    It is told so over a connection of its own: those of the code that is tested may be broken by the fault,
    and a fault that stays would let every test after it fail.
    """
    with MongoClient[dict[str, Any]](settings.MONGODB_URI) as client:
        data = {"failCommands": list(commands), **how}
        client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": data})
        try:
            yield
        finally:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
