"""A time of maintenance, for tests of what goes on in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from ops.actors import Actor
from ops.maintenance import mode, switching
from tests.waiting import until

BY = Actor.shell()


@contextmanager
def maintained(now: datetime) -> Iterator[None]:
    """Switch it on, wait until this process knows, and switch it off whatever happens."""
    switching.switch_on(reason="for a test", actor=BY, now=now)
    try:
        until(mode.is_on)
        yield
    finally:
        switching.switch_off(actor=BY, now=now)
        until(lambda: not mode.is_on())
