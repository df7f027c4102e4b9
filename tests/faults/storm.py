"""Clients that write until they are told to stop, and send again what was not answered.

Source: HTTP contract, section 19 (retrying).
"""

import contextlib
import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from ops.embedded import ports
from tests.faults.conftest import PASSWORD, WAIT_SECONDS, Answer, Web, until

CLIENTS = 8
FOUNDED_AT_MOST = 3  # HTTP contract, section 4: founding limit
# Half of the clients give up soon, and so send what is still running a second time.
PATIENCE_SECONDS = (10.0, 1.0)
# Far sooner than `retry_after` asks, so that more calls meet the election.
PAUSE_SECONDS = 0.1


class Person(NamedTuple):
    """Somebody who registered."""

    id: str
    token: str


class Founding(NamedTuple):
    """One intent: its key stands for it in the name, so that a second family would show."""

    founder: Person
    key: str

    @property
    def name(self) -> str:
        """The family's."""
        return f"Nest {self.key}"


class Client:
    """Sends POSTs over a connection of its own, and again until they are answered."""

    def __init__(self, port: int, patience: float) -> None:
        """Take where to, and how long to wait for an answer."""
        self._connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=patience)
        self.answered_at: list[float] = []
        self.refusals: list[Answer] = []
        self.faults: list[str] = []

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def insist(self, path: str, body: dict[str, str], **headers: str) -> Answer:
        """Send the same until an answer comes that is neither a 409 nor 500 or above."""
        ends_at = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < ends_at:
            try:
                answer = self._post(path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                self.faults.append(type(error).__name__)
            else:
                if answer.status < 500 and answer.status != 409:
                    self.answered_at.append(time.monotonic())
                    return answer
                self.refusals.append(answer)
            time.sleep(PAUSE_SECONDS)
        raise AssertionError(f"{path} was never answered; last: {self.refusals[-1:]} {self.faults[-1:]}")

    def _post(self, path: str, body: dict[str, str], headers: dict[str, str]) -> Answer:
        started = time.monotonic()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request("POST", path, json.dumps(body), named | {"Content-Type": "application/json"})
        raw = self._connection.getresponse()
        text = raw.read()
        found = {name.lower(): value for name, value in raw.getheaders()}
        return Answer(raw.status, found, json.loads(text), time.monotonic() - started)

    def register(self, name: str) -> Person:
        """Register somebody, who may turn out to exist: answers with a secret are not kept for a key."""
        before = len(self.refusals) + len(self.faults)
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        answer = self.insist("/auth/register", body)
        if len(self.refusals) + len(self.faults) > before and answer.status == 400:
            assert {fault["code"] for fault in answer.body["details"]} == {"unavailable"}, answer
            answer = self.insist("/auth/login", {"username": name, "password": PASSWORD})
            assert answer.status == 200, answer
        else:
            assert answer.status == 201, answer
        return Person(answer.body["user"]["user_id"], answer.body["access_token"])

    def found(self, founding: Founding) -> Answer:
        """Found the family; the founding's key names the intent."""
        credentials = {"Authorization": f"Bearer {founding.founder.token}", "Idempotency_Key": founding.key}
        answer = self.insist("/family/create", {"name": founding.name}, **credentials)
        assert answer.status == 201, answer
        return answer


class Storm:
    """Clients that register people and found families until they are told to stop."""

    def __init__(self, web: Web) -> None:
        """Make the clients."""
        self.people: list[Person] = []
        self.told: dict[str, Founding] = {}
        self.replays: list[str] = []
        self.clients = [
            Client(web.port, PATIENCE_SECONDS[number % len(PATIENCE_SECONDS)]) for number in range(CLIENTS)
        ]
        self._over = threading.Event()
        self._working: list[Future[None]] = []

    @contextlib.contextmanager
    def raging(self) -> Iterator[None]:
        """Let them work during the block; then each brings what it is at to its end."""
        with ThreadPoolExecutor(CLIENTS) as threads:
            self._working = [threads.submit(self._work, *each) for each in enumerate(self.clients)]
            try:
                yield
            finally:
                self._over.set()
        self._raise_failures()

    def goes_on(self, more: int) -> None:
        """Wait until so many more families have been founded."""
        wanted = len(self.told) + more

        def is_done() -> bool:
            self._raise_failures()
            return len(self.told) >= wanted

        until(is_done)

    def _raise_failures(self) -> None:
        """Raise what ended a client before its time."""
        for each in self._working:
            if each.done():
                each.result()

    def _work(self, number: int, client: Client) -> None:
        with contextlib.closing(client):
            self._found_families(number, client)

    def _found_families(self, number: int, client: Client) -> None:
        for each in itertools.count():
            if self._over.is_set():
                return
            person = client.register(f"client-{number}-{each}")
            self.people.append(person)
            for which in range(FOUNDED_AT_MOST):
                founding = Founding(person, f"intent-{number}-{each}-{which}")
                answer = client.found(founding)
                self.told[answer.body["family_id"]] = founding
                if "idempotency-replayed" in answer.headers:
                    self.replays.append(founding.key)

    def report(self, what: str) -> None:
        """Print the figures: how long nobody had success, and what it came to."""
        times = sorted(at for client in self.clients for at in client.answered_at)
        stall = max(later - earlier for earlier, later in itertools.pairwise(times))
        refusals = [answer for client in self.clients for answer in client.refusals]
        lost = Counter(fault for client in self.clients for fault in client.faults)
        latest = max((answer.seconds for answer in refusals), default=0.0)
        print(  # noqa: T201  # figures to read
            f"\n{what}: longest stall {stall:.2f} s, {len(times)} writes answered in "
            f"{times[-1] - times[0]:.1f} s, {len(self.told)} families, {len(self.replays)} replayed; refused",
            dict(Counter((answer.status, answer.body.get("error")) for answer in refusals)),
            f"(latest after {latest:.2f} s), lost {dict(lost)}",
        )
