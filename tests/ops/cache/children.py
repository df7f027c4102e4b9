"""What tests run in a process of its own: ``python -m tests.ops.cache.children``.

Says that it is ready, waits for a line, asks the cache for one value in many threads, and says what it got.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from ops.cache import remembering  # noqa: E402  # needs the set-up
from ops.cache.remembering import Kind, remembered  # noqa: E402
from ops.redis import store  # noqa: E402

THREADS = 8
MADE = "times-made"
NUMBERS = Kind("numbers", str, int)


def make() -> int:
    """Take some time, and count how often that was."""
    made = int(store().incr(MADE))
    time.sleep(0.1)
    return made


def ask_all_at_once() -> list[int]:
    """Return what each thread got."""
    gate = threading.Barrier(THREADS)

    def ask(_number: int) -> int:
        gate.wait()
        return remembered(NUMBERS, "one state", make)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(ask, range(THREADS)))


if __name__ == "__main__":
    # As long as a busy machine needs: what is looked at is who makes the value, not how soon.
    vars(remembering).update(WAIT_SECONDS=30.0, TURN_MILLISECONDS=30_000)
    store().ping()
    print("ready", flush=True)  # noqa: T201  # to the test
    sys.stdin.readline()
    print(*ask_all_at_once(), flush=True)  # noqa: T201
