"""Something that is done again and again, faster than a job could mend it."""

import contextlib
import threading
from collections.abc import Callable

from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

SECONDS = 0.3


class Nuisance:
    """A thread that does it until it is ended."""

    def __init__(self, deed: Callable[[], object]) -> None:
        """Begin; it was done once on return."""
        deed()
        self._deed = deed
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._again_and_again, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Leave off."""
        self._over.set()
        self._thread.join()

    def _again_and_again(self) -> None:
        while not self._over.wait(SECONDS):
            with contextlib.suppress(PyMongoError, RedisError):
                self._deed()
