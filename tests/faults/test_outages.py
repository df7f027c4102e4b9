"""What callers see while MongoDB or Redis is away, and afterwards. Source: design, sections 2, 7 and 8."""

import contextlib
import http.client
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from ops import embedded
from tests.faults.conftest import (
    PASSWORD,
    Answer,
    Server,
    Site,
    Web,
    environment_of,
    migrate,
    until,
    var_directory,
)

pytestmark = pytest.mark.long

AWAY = pytest.mark.parametrize(
    "take_away", [pytest.param(Server.hang, id="hangs"), pytest.param(Server.kill, id="is killed")]
)
TakeAway = Callable[[Server], None]
CALLERS = 16
UNAVAILABLE = (503, "DATABASE_UNAVAILABLE")
# Of many at once, on a busy machine, some wait for a thread until their time is over: the queue refuses them.
REFUSALS = {UNAVAILABLE, (503, "SERVICE_UNAVAILABLE")}


@pytest.fixture(scope="module")
def names() -> Callable[[], str]:
    """Names that nobody has."""
    numbers = iter(range(1000))
    return lambda: f"person-{next(numbers)}"


@AWAY
def test_without_redis_everything_is_answered_and_health_says_degraded(
    site: Site, names: Callable[[], str], take_away: TakeAway
) -> None:
    token = site.web.new_person(names())
    family_id = site.web.new_family(token)

    take_away(site.redis)

    for _ in range(5):
        mine = site.web.ask("GET", "/family/my-families", token)
        assert [family["family_id"] for family in mine.body] == [family_id]
    site.web.new_family(site.web.new_person(names()))
    until(lambda: not site.web.is_healthy())
    health = site.web.ask("GET", "/health")
    assert (health.status, health.body["status"]) == (200, "degraded")
    states = {name: part["status"] for name, part in health.body["components"].items()}
    assert (states["mongodb"], states["redis"]) == ("healthy", "unhealthy")
    assert site.web.ask("GET", "/health/ready").body["status"] == "ready"

    site.redis.come_back()
    until(site.web.is_healthy)
    assert site.web.ask("GET", "/family/my-families", token).status == 200


def test_without_redis_a_revoked_session_is_refused(site: Site, names: Callable[[], str]) -> None:
    token = site.web.new_person(names())
    site.redis.kill()

    assert site.web.ask("POST", "/auth/logout", token, {}).status == 200

    assert site.web.ask("GET", "/family/my-families", token).problem == (401, "INVALID_TOKEN")


@AWAY
def test_without_mongodb_every_call_is_refused_in_time(
    site: Site, names: Callable[[], str], take_away: TakeAway
) -> None:
    name = names()
    token = site.web.new_person(name)
    family_id = site.web.new_family(token)
    sign_in = {"username": name, "password": PASSWORD}

    take_away(site.mongodb)

    refused = [
        site.web.ask("GET", "/family/my-families", token),
        site.web.ask("GET", f"/family/{family_id}", token),
        site.web.ask("PUT", f"/family/{family_id}", token, {"name": "Wrens"}),
        site.web.ask("POST", "/family/create", token, {"name": "Robins"}),
        site.web.ask("GET", "/auth/me", token),
        site.web.ask("POST", "/auth/login", body=sign_in),
    ]
    assert [answer.problem for answer in refused] == [UNAVAILABLE] * len(refused)
    assert {answer.headers["retry-after"] for answer in refused} == {"2"}

    site.mend()
    mine = site.web.ask("GET", "/family/my-families", token)
    assert [(family["family_id"], family["name"]) for family in mine.body] == [(family_id, "Larks")]
    assert site.web.ask("POST", "/auth/login", body=sign_in).status == 200


@AWAY
def test_without_mongodb_many_callers_at_once_are_refused_in_time(
    site: Site, names: Callable[[], str], take_away: TakeAway
) -> None:
    token = site.web.new_person(names())
    take_away(site.mongodb)

    with ThreadPoolExecutor(CALLERS) as callers:
        reads = [
            callers.submit(site.web.ask, "GET", "/family/my-families", token) for _ in range(CALLERS // 2)
        ]
        changes = [
            callers.submit(site.web.ask, "POST", "/family/create", token, {}) for _ in range(CALLERS // 2)
        ]
        refused: list[Answer] = [each.result() for pair in zip(reads, changes, strict=True) for each in pair]

    print("seconds:", *sorted(f"{answer.seconds:.2f}" for answer in refused))  # noqa: T201  # figures to read
    assert [answer.problem for answer in refused] == [UNAVAILABLE] * len(refused)


@AWAY
def test_without_mongodb_health_says_so_and_the_process_lives(site: Site, take_away: TakeAway) -> None:
    take_away(site.mongodb)
    until(lambda: not site.web.is_healthy())

    health = site.web.ask("GET", "/health")
    ready = site.web.ask("GET", "/health/ready")

    assert (health.status, health.body["status"], health.body["error"]) == (
        503,
        "unhealthy",
        "DATABASE_UNAVAILABLE",
    )
    assert health.body["components"]["mongodb"]["status"] == "unhealthy"
    assert health.body["components"]["redis"]["status"] == "healthy"
    assert (ready.status, ready.body["status"]) == (503, "not_ready")
    assert ready.body["details"] == {"obstacles": ["no_primary"]}
    assert (health.headers["retry-after"], ready.headers["retry-after"]) == ("2", "1")
    assert site.web.ask("GET", "/health/live").body == {"status": "alive"}


def test_health_answers_while_every_thread_waits_for_a_mongodb_that_hangs(
    site: Site, names: Callable[[], str]
) -> None:
    token = site.web.new_person(names())
    site.mongodb.hang()

    with ThreadPoolExecutor(CALLERS) as callers:
        waiting = [callers.submit(site.web.ask, "GET", "/auth/me", token) for _ in range(CALLERS)]
        while not all(each.done() for each in waiting):
            assert site.web.ask("GET", "/health/live").status == 200
            state = site.web.ask("GET", "/health").body["status"]
            ready = site.web.ask("GET", "/health/ready").body["status"]

    assert (state, ready) == ("unhealthy", "not_ready")
    assert UNAVAILABLE in {each.result().problem for each in waiting} <= REFUSALS


@AWAY
def test_a_change_that_was_answered_stays_and_one_that_was_refused_is_whole_or_nothing(
    site: Site, names: Callable[[], str], take_away: TakeAway
) -> None:
    tokens = [site.web.new_person(names()) for _ in range(4)]
    families = [site.web.new_family(token, "Number 0") for token in tokens]
    renamed = [0] * len(families)

    def rename(which: int) -> Answer:
        path, token = f"/family/{families[which]}", tokens[which]
        while True:
            answer = site.web.ask("PUT", path, token, {"name": f"Number {renamed[which] + 1}"})
            if answer.status != 200:
                return answer
            renamed[which] += 1

    with ThreadPoolExecutor(len(families)) as callers:
        refused = [callers.submit(rename, which) for which in range(len(families))]
        until(lambda: min(renamed) >= 3)
        take_away(site.mongodb)
    site.mend()

    assert UNAVAILABLE in {each.result().problem for each in refused} <= REFUSALS
    for token, family_id, last in zip(tokens, families, renamed, strict=True):
        family = site.web.ask("GET", f"/family/{family_id}", token).body
        # A commit whose answer was lost may have happened: the refusal says "or the same key replays it".
        assert int(family["name"].removeprefix("Number ")) - last in {0, 1}


def test_without_both_every_call_is_refused_in_time(site: Site, names: Callable[[], str]) -> None:
    token = site.web.new_person(names())
    site.redis.hang()
    site.mongodb.hang()

    with ThreadPoolExecutor(CALLERS) as callers:
        asked = [callers.submit(site.web.ask, "GET", "/auth/me", token) for _ in range(CALLERS)]
    assert UNAVAILABLE in {each.result().problem for each in asked} <= REFUSALS
    assert site.web.ask("GET", "/health").body["status"] == "unhealthy"

    site.mend()
    assert site.web.ask("GET", "/auth/me", token).status == 200


def test_a_process_that_starts_without_mongodb_gets_ready_by_itself(
    site: Site, names: Callable[[], str]
) -> None:
    token = site.web.new_person(names())
    site.mongodb.kill()
    site.redis.kill()

    late = site.new_web()

    assert late.ask("GET", "/health/live").status == 200
    assert late.ask("GET", "/health/ready").body["status"] == "not_ready"
    assert late.ask("GET", "/auth/me", token).problem == UNAVAILABLE
    site.mongodb.come_back()
    site.redis.come_back()
    until(late.is_healthy)
    assert late.ask("GET", "/health/ready").body["status"] == "ready"
    assert late.ask("GET", "/auth/me", token).status == 200


def test_what_was_answered_survives_the_death_of_everything() -> None:
    with var_directory() as var:
        servers = embedded.start(var, tie_to_parent=True, preferred_ports=False)
        migrate(environment_of(var))
        web = Web(environment_of(var), var / "web.log")
        told: dict[str, str] = {}
        writers = [threading.Thread(target=_found_families, args=(web, n, told)) for n in range(4)]
        for writer in writers:
            writer.start()
        until(lambda: len(told) >= 12)

        keeper = psutil.Process(servers.pid)
        for pid in (web.process.pid, keeper.pid, *(child.pid for child in keeper.children())):
            os.kill(pid, signal.SIGKILL)
        for writer in writers:
            writer.join()
        web.process.wait()
        os.waitpid(keeper.pid, 0)

        embedded.start(var, tie_to_parent=True, preferred_ports=False)
        again = Web(environment_of(var), var / "web.log")
        until(again.is_healthy)
        found = {
            family_id: again.ask("GET", f"/family/{family_id}", token).status
            for family_id, token in told.items()
        }
        again.process.kill()
        again.process.wait()
        embedded.stop(var)

    assert found == dict.fromkeys(told, 200)


def _found_families(web: Web, number: int, told: dict[str, str]) -> None:
    """Register people and found families until nobody answers; keep the token by the id that was told."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        for each in range(1000):
            with contextlib.suppress(AssertionError):  # a busy machine may refuse one
                token = web.new_person(f"writer-{number}-{each}")
                told[web.new_family(token)] = token
