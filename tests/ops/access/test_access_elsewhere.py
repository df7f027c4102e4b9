"""A rule that one process makes holds in another that runs already, and in one that starts then."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.factories import Person
from tests.hostile.served import Served
from tests.ops.access.blocking import block, remove
from tests.waiting import until

pytestmark = pytest.mark.long


@contextmanager
def served(directory: Path) -> Iterator[Served]:
    """Run a web process on the tests' database."""
    process = Served(directory / "log")
    yield process
    process.stop()


def status(process: Served, person: Person) -> int:
    """Return how the web process answers a person."""
    line = http.client.HTTPConnection("127.0.0.1", process.port, timeout=10)
    line.request("GET", "/family/my-families", headers={"Authorization": f"Bearer {person.token}"})
    found = line.getresponse().status
    line.close()
    return found


def test_a_rule_holds_in_a_process_that_runs_already_and_in_one_that_starts(
    person: Person, stranger: Person, tmp_path: Path
) -> None:
    with served(tmp_path) as running:
        assert status(running, person) == 200

        block("user", person.id)

        assert until(lambda: status(running, person) == 403)
        assert status(running, stranger) == 200
        with served(tmp_path) as fresh:  # from its very first call on
            assert status(fresh, person) == 403

        remove("block", "user", person.id)

        assert until(lambda: status(running, person) == 200)


def test_a_blocked_address_is_refused_by_a_real_server_and_its_health_is_told(
    person: Person, tmp_path: Path
) -> None:
    with served(tmp_path) as running:
        block("network", "127.0.0.0/8")

        assert until(lambda: status(running, person) == 403)
        line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
        line.request("GET", "/health/live")
        assert line.getresponse().status == 200
        line.close()
