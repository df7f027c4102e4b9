"""A request that never came to the application leaves its line, too."""

from tests.ops.loglines import events, written
from tests.ops.server.conftest import Serve
from tests.ops.server.served import Gate, request, until


def test_one_that_the_queue_had_no_place_for_leaves_a_line_without_its_path(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, queue_limit=1)
    server.line().send(request("GET", "/wait/0"))
    until(lambda: server.web["busy"] == 1)
    server.line().send(request("GET", "/wait/1"))
    until(lambda: server.web["queued"] == 1)

    with written() as lines:
        server.ask("GET", "/secret/path", "X-Request-ID: one-too-many")

    (line,) = events(lines, event="request", request_id="one-too-many")
    assert (line["status"], line["error"]) == (503, "SERVICE_UNAVAILABLE")
    assert (line["method"], line["route"], line["level"]) == ("GET", None, "INFO")
    assert "secret" not in "".join(lines)
    gate.opened.set()
