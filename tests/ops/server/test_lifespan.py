"""Start and end of the server."""

import pytest

from ops import server as process
from tests.ops.server.conftest import Serve
from tests.ops.server.served import Gate, request, until


def test_what_was_accepted_is_answered_before_the_server_ends(serve: Serve, gate: Gate) -> None:
    events: list[str] = []
    server = serve(
        gate,
        threads=1,
        on_start=[lambda: events.append("start 1"), lambda: events.append("start 2")],
        on_stop=[lambda: events.append(f"stop after {len(gate.paths)}")],
    )
    lines = [server.line().send(request("GET", "/wait/1"))]
    until(lambda: server.web["busy"] == 1)
    lines.append(server.line().send(request("GET", "/wait/2")))
    until(lambda: server.web["queued"] == 1)

    server.ask_stop()
    gate.opened.set()

    assert [line.reply().body for line in lines] == [b"/wait/1", b"/wait/2"]
    until(lambda: len(events) == 3)
    assert events == ["start 1", "start 2", "stop after 2"]
    assert process.draining()
    until(lambda: server.web["threads"] == 0)


def test_a_part_that_does_not_stop_keeps_no_other_from_stopping(serve: Serve, gate: Gate) -> None:
    stopped: list[str] = []

    def fails() -> None:
        raise RuntimeError

    server = serve(gate, on_stop=[fails, lambda: stopped.append("second")])
    server.stop()

    assert stopped == ["second"]


def test_a_part_that_does_not_start_keeps_the_server_from_starting(serve: Serve, gate: Gate) -> None:
    def fails() -> None:
        raise RuntimeError

    server = serve(gate, on_start=[fails])

    assert not server.server.started


def test_what_the_server_can_wait_for_no_longer_is_told_so(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, graceful=1, seconds=60.0)
    running = server.line().send(request("GET", "/wait/1"))
    until(lambda: server.web["busy"] == 1)
    waiting = server.line().send(request("GET", "/wait/2"))
    until(lambda: server.web["queued"] == 1)

    server.ask_stop()

    assert running.reply().problem == (503, "SERVICE_UNAVAILABLE")
    assert waiting.reply().problem == (503, "SERVICE_UNAVAILABLE")
    gate.opened.set()


@pytest.mark.parametrize("health_threads", [1, 3])
def test_each_lane_has_its_number_of_threads(serve: Serve, gate: Gate, health_threads: int) -> None:
    server = serve(gate, threads=5, health_threads=health_threads)

    assert {name: lane["threads"] for name, lane in server.bridge.stats().items()} == {
        "web": 5,
        "health": health_threads,
    }
