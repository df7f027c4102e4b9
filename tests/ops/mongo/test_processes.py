"""Processes that die, fork, start in many threads, or find no database."""

import os
import subprocess
import sys

import pytest
from django.db import connections

from tests.ops.mongo import children
from tests.ops.mongo.pots import Server, new_pot

pytestmark = pytest.mark.long


def start(what: str, **environment: str) -> subprocess.Popen[str]:
    """Start a child; every warning of it is on its standard error."""
    pipe = subprocess.PIPE
    # That forking with threads is dangerous, is Python's own warning about any program that does it.
    warnings = ("-W", "always", "-W", "ignore::DeprecationWarning")
    name = str(connections["default"].settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, *warnings, "-m", "tests.ops.mongo.children", what, name],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        env=os.environ | environment,
    )


def ended(child: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    """Return exit status, lines and errors of a child."""
    out, errors = child.communicate(timeout=60)
    return child.returncode, out.splitlines(), errors


def test_a_killed_process_blocks_its_document_for_seconds_only(server: Server) -> None:
    """Without the server's limit of 5 s for transactions it would be over a minute."""
    new_pot("a", 100)
    with start(children.hold_the_pot.__name__) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert len(server.transactions()) == 1
        child.kill()
        child.communicate()

    # Waits as long as the transaction holds the pot; a driver's error after ten seconds.
    server.wait_for("a", seconds=10)

    assert server.balances() == {"a": 100}
    assert server.transactions() == []


def test_a_burst_of_first_calls_makes_one_client() -> None:
    child = start(children.connect_in_many_threads.__name__)

    assert ended(child) == (0, ["clients: 1"], "")


def test_a_forked_process_has_a_client_of_its_own_without_a_warning(server: Server) -> None:
    new_pot("a", 0)

    child = start(children.fork_after_use.__name__)

    said = ["own client: True", "child ended with 0, client kept: True"]
    assert ended(child) == (0, said, "")
    assert server.balances() == {"a": 121}


def test_a_fork_in_a_unit_leaves_the_unit_to_the_parent(server: Server) -> None:
    new_pot("a", 0)

    child = start(children.fork_in_a_unit.__name__)

    assert ended(child) == (0, ["session: None, open: False"], "")
    assert server.balances() == {"a": 2}


def test_a_unit_without_a_database_says_so() -> None:
    nobody = "mongodb://127.0.0.1:1/?replicaSet=none"

    status, lines, errors = ended(start(children.meet_nobody.__name__, MONGODB_URI=nobody))

    assert (status, lines[-1], errors) == (0, "DATABASE_UNAVAILABLE", "")
