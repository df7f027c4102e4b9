"""``manage.py run`` serves the demo; however it ends, nothing of it is left."""

import os
import signal
import socket
from pathlib import Path

import pytest

from ops import embedded
from ops.embedded import ports
from tests.e2e import processes
from tests.e2e.demo import running


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all: the second run finds what the first has made."""
    return tmp_path_factory.mktemp("run") / "var"


@pytest.mark.long
def test_when_it_is_killed_its_children_end(var: Path) -> None:
    with running(var) as run:
        assert run.is_ready(), run.lines()

        run.process.kill()

        assert processes.left_of(var) == []


@pytest.mark.long
def test_when_the_master_of_the_web_workers_is_killed_all_end(var: Path) -> None:
    with running(var) as run:
        assert run.is_ready(), run.lines()

        processes.find(var, "uvicorn").kill()

        assert run.ends() == (1, [])
        assert run.lines()[-1] == "CommandError: web ended by itself (signal 9); see the lines above."


@pytest.mark.long
def test_servers_that_are_set_are_used_and_kill_ends_it(var: Path) -> None:
    with running(var, MONGODB_URI=os.environ["MONGODB_URI"]) as run:
        assert processes.wait_until(lambda: "prepare" in processes.programs(var))
        assert processes.programs(var) == ["keeper", "prepare", "redis-server", "run"]

        run.process.send_signal(signal.SIGTERM)

        assert run.ends() == (0, [])


@pytest.mark.long
def test_it_ends_with_its_terminal_while_it_starts(var: Path) -> None:
    with running(var) as run:
        assert processes.wait_until(lambda: "mongod" in processes.programs(var))

        run.process.send_signal(signal.SIGHUP)

        assert run.ends() == (0, [])
        assert not run.is_ready()


def test_with_its_parent_it_ends_too(var: Path) -> None:
    with running(var, "--with-parent", parent=("/bin/sh", "-c", '"$@"; exit', "parent")) as run:
        assert processes.wait_until(lambda: "mongod" in processes.programs(var))

        run.process.kill()  # the shell

        assert processes.left_of(var) == []


@pytest.mark.long
def test_servers_of_others_are_used_and_left_alone(var: Path) -> None:
    servers = embedded.start(var, preferred_ports=False, tie_to_parent=True)
    with running(var) as run:
        assert processes.wait_until(lambda: "prepare" in processes.programs(var))

        run.process.send_signal(signal.SIGINT)

        assert run.ends() == (0, ["keeper", "mongod", "redis-server"])
        assert embedded.running(var) == servers
        assert embedded.stop(var) is True


@pytest.mark.long
def test_a_taken_port_is_said_in_one_line(var: Path) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]

        answer = processes.manage("run", SBD_MODE="demo", SBD_VAR=str(var), PORT=str(port))

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"CommandError: Port {port} is taken: stop what listens there (`ss -ltnp`), or set PORT.\n"
    )
    assert processes.programs(var) == []
