"""The embedded servers start once, keep their data, and end with whoever owns them."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ops import embedded
from ops.embedded import EmbeddedError, Servers
from ops.embedded.layout import Layout
from ops.embedded.state import is_locked
from tests.e2e import processes
from tests.ops.embedded.conftest import keep, mongodb, notes, start

ALL = ["keeper", "mongod", "redis-server"]


def ports(servers: Servers) -> set[str]:
    return {
        str(address).rpartition(":")[2].partition("/")[0]
        for address in (servers.mongodb_uri, servers.redis_url)
    }


def test_they_can_be_used_when_start_returns(served: Path) -> None:
    servers = embedded.running(served)

    assert servers is not None
    keep(servers, "first")
    assert notes(servers) == ([{"_id": "first"}], b"first")
    assert servers.tied_to == os.getpid()
    assert processes.programs(served) == ALL


def test_mongodb_takes_transactions_and_gives_up_those_of_dead_clients(served: Path) -> None:
    with mongodb(start(served)) as client:
        with client.start_session() as session, session.start_transaction():
            client["kept"]["transactions"].insert_one({"_id": 1}, session=session)
        limit = client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
        config = client.admin.command("replSetGetConfig")["config"]

    assert limit["transactionLifetimeLimitSeconds"] == 5
    assert config["settings"]["electionTimeoutMillis"] == 2000
    assert len(config["members"]) == 1


def test_a_second_start_finds_the_first(served: Path) -> None:
    before = embedded.running(served)

    assert start(served) == before
    assert processes.programs(served) == ALL


@pytest.mark.long
def test_of_two_starts_at_one_time_both_find_the_same_servers(var: Path) -> None:
    with ThreadPoolExecutor(2) as both:
        one, other = both.map(lambda _: start(var), range(2))

    assert one == other
    assert processes.programs(var) == ALL


@pytest.mark.long
def test_data_survive_a_stop_and_a_start_on_other_ports(var: Path) -> None:
    first = start(var)
    keep(first, "word")

    assert embedded.stop(var) is True
    assert embedded.running(var) is None
    assert processes.left_of(var) == []
    assert not is_locked(Layout(var))
    second = start(var)

    assert ports(second).isdisjoint(ports(first))
    assert notes(second) == ([{"_id": "word"}], b"word")
    keep(second, "primary again")


@pytest.mark.long
def test_a_killed_keeper_takes_its_servers_along_and_frees_the_lock(var: Path) -> None:
    first = start(var)
    keep(first, "word")

    os.kill(first.pid, signal.SIGKILL)

    assert processes.left_of(var) == []
    assert embedded.running(var) is None
    assert not is_locked(Layout(var))
    assert Layout(var).state.exists()  # left behind, and believed by nobody
    assert notes(start(var))[0] == [{"_id": "word"}]


@pytest.mark.parametrize("program", ["mongod", "redis-server"])
def test_when_one_server_dies_the_keeper_stops_the_other_and_says_so(var: Path, program: str) -> None:
    start(var, mongodb=program == "mongod", redis=True)

    processes.find(var, program).kill()

    assert processes.left_of(var) == []
    assert embedded.running(var) is None
    assert f"{program} ended by itself (signal 9)" in (Layout(var).log / "embedded.log").read_text()


@pytest.mark.long
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_starter_ends_while_they_start(var: Path, death: signal.Signals) -> None:
    code = "import sys, pathlib; from ops import embedded; "
    code += "embedded.start(pathlib.Path(sys.argv[1]), preferred_ports=False, tie_to_parent=True)"
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(var)], cwd=processes.MANAGE.parent, stderr=subprocess.DEVNULL
    )
    assert processes.wait_until(lambda: "mongod" in processes.programs(var))

    starter.send_signal(death)
    starter.wait()

    assert processes.left_of(var) == []
    assert embedded.running(var) is None
    assert not is_locked(Layout(var))


def test_stop_ends_servers_that_are_still_starting(var: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        starting = other.submit(start, var)
        assert processes.wait_until(lambda: "mongod" in processes.programs(var))

        assert embedded.stop(var) is True

    with pytest.raises(EmbeddedError, match=r"^The start was broken off: SIGTERM$"):
        starting.result()
    assert processes.left_of(var) == []


def test_stop_without_servers_does_nothing(var: Path) -> None:
    assert embedded.stop(var) is False
    assert not var.exists()
