"""The fixed pool of threads and the bounded queue before it."""

from ops.errors import DatabaseUnavailableError
from tests.ops.server.conftest import Serve
from tests.ops.server.served import Gate, Line, Served, request, until


def asked(server: Served, path: str) -> Line:
    return server.line().send(request("GET", path))


def test_so_many_run_and_the_rest_waits_in_order(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=2)

    lines = []
    for number in range(6):
        lines.append(asked(server, f"/wait/{number}"))
        until(lambda: server.web["busy"] + server.web["queued"] == len(lines))

    assert server.web == {"threads": 2, "busy": 2, "queued": 4, "refused": 0, "timed_out": 0}
    gate.opened.set()
    assert [line.reply().body for line in lines] == [b"/wait/%d" % number for number in range(6)]
    assert sorted(gate.paths[:2]) == ["/wait/0", "/wait/1"]
    assert len(gate.paths) == 6


def test_no_other_threads_are_ever_made(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=3)

    for number in range(50):
        server.ask("GET", f"/{number}")

    assert gate.threads <= {"web-1", "web-2", "web-3"}


def test_one_too_many_is_refused_at_once(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, queue_limit=2)
    lines = [asked(server, "/wait/0")]
    until(lambda: server.web["busy"] == 1)
    lines += [asked(server, "/wait/1"), asked(server, "/wait/2")]
    until(lambda: server.web["queued"] == 2)

    refused = server.ask("GET", "/wait/3", "X-Request-ID: one-too-many")

    assert refused.problem == (503, "SERVICE_UNAVAILABLE")
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["x-request-id"] == "one-too-many"
    assert refused.headers["cache-control"] == "no-store"
    assert server.web["refused"] == 1
    gate.opened.set()
    assert [line.reply().status for line in lines] == [200, 200, 200]
    assert "/wait/3" not in gate.paths


def test_a_refused_head_has_the_length_but_not_the_body(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, queue_limit=1)
    asked(server, "/wait/0")
    until(lambda: server.web["busy"] == 1)
    asked(server, "/wait/1")
    until(lambda: server.web["queued"] == 1)

    line = server.line()
    refused = line.send(request("HEAD", "/")).reply("HEAD")
    again = line.send(request("GET", "/")).reply()

    assert (refused.status, refused.body) == (503, b"")
    assert int(refused.headers["content-length"]) == len(again.body)
    assert again.problem == (503, "SERVICE_UNAVAILABLE")


def test_who_waited_for_longer_than_the_time_is_refused_and_never_run(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, seconds=0.6)
    first = asked(server, "/wait/first")
    until(lambda: server.web["busy"] == 1)

    second = server.ask("GET", "/wait/second")

    assert second.problem == (503, "SERVICE_UNAVAILABLE")
    assert second.headers["retry-after"] == "1"
    assert server.web["timed_out"] == 1
    gate.opened.set()
    assert first.reply().body == b"/wait/first"  # what runs is not stopped
    assert gate.paths == ["/wait/first"]


def test_a_thread_that_comes_free_too_late_does_not_run_what_waited(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, seconds_by_prefix={"/wait/late": 0.0})
    first = asked(server, "/wait/first")
    until(lambda: server.web["busy"] == 1)
    late = asked(server, "/wait/late")

    gate.opened.set()

    assert late.reply().problem == (503, "SERVICE_UNAVAILABLE")
    assert first.reply().status == 200
    assert gate.paths == ["/wait/first"]


def test_the_refusal_says_what_holds_up_the_others(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, queue_limit=1, seconds=0.6, overload=DatabaseUnavailableError)
    asked(server, "/wait/0")
    until(lambda: server.web["busy"] == 1)
    waiting = asked(server, "/wait/1")
    until(lambda: server.web["queued"] == 1)

    assert server.ask("GET", "/wait/2").problem == (503, "DATABASE_UNAVAILABLE")
    assert waiting.reply().problem == (503, "DATABASE_UNAVAILABLE")


def test_who_hangs_up_in_the_queue_is_taken_out_of_it(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1, seconds=60.0)
    first = asked(server, "/wait/first")
    until(lambda: server.web["busy"] == 1)
    gone, stays = asked(server, "/wait/gone"), asked(server, "/wait/stays")
    until(lambda: server.web["queued"] == 2)

    gone.close()
    until(lambda: server.web["queued"] == 1)
    gate.opened.set()

    assert (first.reply().status, stays.reply().status) == (200, 200)
    assert gate.paths == ["/wait/first", "/wait/stays"]
    assert server.web["timed_out"] == 0


def test_who_hangs_up_while_it_runs_disturbs_nobody(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=1)
    gone = asked(server, "/wait/gone")
    until(lambda: server.web["busy"] == 1)

    gone.close()
    gate.opened.set()

    assert server.ask("GET", "/next").body == b"/next"
    assert gate.paths == ["/wait/gone", "/next"]


def test_health_answers_while_everything_else_stands_still(serve: Serve, gate: Gate) -> None:
    server = serve(gate, threads=2, queue_limit=2)
    for lane in ("busy", "queued"):
        for number in range(2):
            asked(server, f"/wait/{lane}/{number}")
        until(lambda: server.web[lane] == 2)  # noqa: B023  # waited for in this round

    for path in ("/health", "/health/live", "/health/ready", "/family/health", "/%68ealth"):
        assert server.ask("GET", path).status == 200

    assert server.ask("GET", "/family/other").problem == (503, "SERVICE_UNAVAILABLE")
    assert {name for name in gate.threads if name.startswith("health")} <= {"health-1", "health-2"}
