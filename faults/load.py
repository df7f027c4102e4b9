"""``python -m faults.load URL NAME …``: people read and pay, four to one, as long as this process lives.

Whatever they are answered: it is the system's load, and no measurement.
"""

import itertools
import os
import ssl
import sys
import time
from collections.abc import Sequence
from typing import Any

import httpx

from bench.world import PASSWORD

A_SECOND = 2
TOKEN_SECONDS = 8 * 60.0  # half of what an access token lives
AGAIN_SECONDS = 20.0
AMOUNTS = 499
READS = ("/family/my-families", "/sbd_tokens/transactions?limit=10", "/sbd_tokens", "/family/my-families")


class Person:
    """Somebody who calls."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        """Take the name; signed in with the first call."""
        self.name = name
        self._client = client
        self._token = ""
        self._sign_in_at = 0.0

    def call(self, method: str, path: str, body: Any = None) -> None:
        """Call as this person; nobody cares what the answer is."""
        try:
            self._sign_in()
            headers = {"Authorization": f"Bearer {self._token}"}
            if self._token:
                self._client.request(method, path, json=body, headers=headers)
        except httpx.HTTPError:
            time.sleep(1 / A_SECOND)

    def _sign_in(self) -> None:
        now = time.monotonic()
        if now < self._sign_in_at:
            return
        self._sign_in_at = now + AGAIN_SECONDS
        answer = self._client.post("/auth/login", json={"username": self.name, "password": PASSWORD})
        if answer.status_code == httpx.codes.OK:
            self._token = answer.json()["access_token"]
            self._sign_in_at = now + TOKEN_SECONDS


def main(url: str, names: Sequence[str]) -> None:
    """Call for ever."""
    authority = os.environ.get("SSL_CERT_FILE")
    context = ssl.create_default_context(cafile=authority) if authority else ssl.create_default_context()
    with httpx.Client(base_url=url, verify=context, timeout=5.0) as client:
        people = [Person(client, name) for name in names]
        for number in itertools.count():
            person = people[number % len(people)]
            if number % (len(READS) + 1) == len(READS):
                other = people[(number + 1) % len(people)]
                body = {"to_user": other.name, "amount": 1 + number % AMOUNTS}
                person.call("POST", "/sbd_tokens/send", body)
            else:
                person.call("GET", READS[number % len(READS)])
            time.sleep(1 / A_SECOND)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
