"""Callers that never rest, and write down what they were not given."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.faults.conftest import until
from tests.ops.deploy.sites import Front

# A refusal of the application is an answer like any other; from 500 on a call was lost.
LOST = 500


class Callers:
    """Some read, some write, each over a connection that it keeps."""

    def __init__(self, front: Front, *, readers: int = 3, writers: int = 3) -> None:
        """Describe them."""
        self._front = front
        self._kinds = ["GET"] * readers + ["POST"] * writers
        self._is_over = threading.Event()
        self._counting = threading.Lock()
        self.answered: Counter[str] = Counter()
        self.lost: list[str] = []

    @contextmanager
    def at_work(self) -> Iterator["Callers"]:
        """Let them call inside the block."""
        threads = [threading.Thread(target=self._call, args=(kind,)) for kind in self._kinds]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._is_over.set()
            for thread in threads:
                thread.join()

    def get_answers(self, number: int = 200) -> None:
        """Wait until so many more calls were answered."""
        before = self.answered.total()
        until(lambda: self.answered.total() >= before + number)

    def _call(self, method: str) -> None:
        path = "/family/my-families" if method == "GET" else "/family/create"
        with self._front.client() as client:
            while not self._is_over.is_set():
                try:
                    answer = client.request(method, path, content=b"{}" if method == "POST" else None)
                    outcome = (
                        f"{answer.status_code} {answer.text[:200]}" if answer.status_code >= LOST else ""
                    )
                except httpx.HTTPError as error:
                    outcome = repr(error)
                with self._counting:
                    if outcome:
                        self.lost.append(f"{method}: {outcome}")
                    else:
                        self.answered[method] += 1
