"""How passwords are hashed."""

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

THREAD = "password"
T = TypeVar("T")


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two rounds, one lane: OWASP's least figures (Password Storage Cheat Sheet).

    Django's own default takes 100 MiB for each sign-in, more than a whole web process may.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Return the hash of a password."""
        return _in_turn(super().encode, password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Tell whether a hash is a password's."""
        return _in_turn(super().verify, password, encoded)


def _in_turn(hashing: Callable[..., T], *arguments: str) -> T:
    """Hash in the one thread of the process that does, after those who came before.

    It works without the interpreter's lock and as fast as its core can; and its memory is the same each time.
    In whichever thread asks, each would keep 19 MiB for itself, or get them anew: a quarter of the time.
    """
    return _thread(os.getpid()).submit(hashing, *arguments).result()


@functools.lru_cache(maxsize=1)
def _thread(process: int) -> ThreadPoolExecutor:  # noqa: ARG001  # after a fork the thread is the parent's
    return ThreadPoolExecutor(1, thread_name_prefix=THREAD)
