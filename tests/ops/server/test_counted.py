"""What the server refuses by itself is counted, and how busy it is."""

import contextlib
from collections.abc import Iterator

from prometheus_client import REGISTRY

from tests.ops.server.conftest import Serve
from tests.ops.server.served import Gate, request, until


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@contextlib.contextmanager
def refused(reason: str, times: int = 1) -> Iterator[None]:
    """See to it that so many refusals of a reason are counted inside of the block."""
    before = counted("http_refusals_total", reason=reason)
    yield
    assert counted("http_refusals_total", reason=reason) == before + times


def test_one_too_many_and_one_too_late_are_counted_by_their_reasons(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, queue_limit=1, seconds=0.6)
    errors = counted("api_errors_total", code="SERVICE_UNAVAILABLE")
    first = server.line().send(request("GET", "/wait/first"))
    until(lambda: server.web["busy"] == 1)

    with refused("too_late"):
        late = server.line().send(request("GET", "/wait/late"))
        until(lambda: server.web["queued"] == 1)
        with refused("queue_full"):
            assert server.ask("GET", "/wait/more").status == 503
        assert late.reply().status == 503

    assert counted("api_errors_total", code="SERVICE_UNAVAILABLE") == errors + 2
    gate.opened.set()
    assert first.reply().status == 200


def test_a_body_that_is_not_taken_and_an_application_that_fails_are_counted(serve: Serve) -> None:
    def failing(_environ: object, _start: object) -> list[bytes]:
        raise KeyError

    server = serve(failing)

    with refused("body"):
        assert server.ask("POST", "/", "Content-Length: 1000000").status == 413
    with refused("other"):
        assert server.ask("GET", "/").status == 500


def test_busy_threads_and_waiting_requests_are_told(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, seconds=60.0)
    lines = [server.line().send(request("GET", f"/wait/{number}")) for number in range(3)]

    until(lambda: counted("http_lane_busy_threads", lane="web") == 1)
    until(lambda: counted("http_lane_waiting", lane="web") == 2)

    gate.opened.set()
    assert [line.reply().status for line in lines] == [200, 200, 200]
    until(lambda: counted("http_lane_waiting", lane="web") == 0)
