"""The runbook's lines about rate limits, typed as printed, and what to type in their place: section 7."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator

import pytest
from django.conf import settings
from redis import Redis

from ops import embedded
from ops.embedded import ports
from ops.embedded.ties import die_with_parent
from tests.e2e import processes
from tests.e2e.demo import Run
from tests.e2e.terminal import Terminal, require_curl
from tests.waiting import until

pytestmark = [pytest.mark.long, pytest.mark.keeps_redis]
KEYS = 'redis-cli keys "*rate_limit*"'
CONFIG = "redis-cli hgetall rate_limit_config"
CLEAR_ALL = 'redis-cli --scan --pattern "*rate_limit*" | xargs redis-cli del'
CREATE = "/family/create"
LIMITS = "http://localhost:8000/admin/rate-limits"
ADJUST = r"""curl -X POST http://localhost:8000/admin/rate-limits \
     -H "Content-Type: application/json" \
     -d '{"endpoint": "/family/create", "limit": 10, "window": 3600}'"""
NO_MATCH = "ERR wrong number of arguments for 'del' command"


@pytest.fixture(scope="module")
def terminal(served: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """The demo with one more web process, in which limits hold: in that of the other tests they do not."""
    port = next(ports.candidates(None, "PORT"))
    words = [str(word) for word in settings.RUN_PROCESSES["web"]]
    words[words.index("--port") + 1], words[words.index("--workers") + 1] = str(port), "1"
    surroundings = {"SBD_MODE": "demo", "SBD_VAR": str(served.var), "ENABLE_RATE_LIMITS": "true"}
    folder = tmp_path_factory.mktemp("limited")
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            words,
            cwd=processes.MANAGE.parent,
            env=processes.environment(**surroundings),
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
        )
    try:
        assert processes.wait_until(lambda: ports.answers(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "output").read_text()
        yield Terminal.of(served.var, port, folder)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def redis(terminal: Terminal, request: pytest.FixtureRequest) -> Iterator[Redis]:
    """The demo's Redis, without a counter; no override is left behind."""
    require_curl(request.config)
    servers = embedded.running(terminal.var)
    assert servers is not None
    with Redis.from_url(str(servers.redis_url), decode_responses=True) as client:
        client.unlink("rate_limit", *client.scan_iter("rate_limit*"))
        yield client
        if client.exists("rate_limit_config"):
            token = terminal.sign_in("operator")
            terminal.types(f'curl -X DELETE "{LIMITS}?endpoint={CREATE}" -H "Authorization: Bearer {token}"')
            assert not client.exists("rate_limit_config")


def limit_of_creating(terminal: Terminal, token: str) -> int:
    """Return the limit that an answer tells of; the call is refused, and counts like any other."""
    line = f'curl -s -i -X POST http://localhost:8000{CREATE} -H "Authorization: Bearer {token}"'
    told = re.search(r"^x-ratelimit-limit: (\d+)$", terminal.types(line).out, re.MULTILINE | re.IGNORECASE)
    assert told
    return int(told[1])


def user_id(terminal: Terminal, token: str) -> str:
    return str(terminal.call("/auth/me", token=token)["user_id"])


def test_r076_lists_counters_which_all_end(terminal: Terminal, redis: Redis) -> None:
    token = terminal.sign_in("ada")
    me = user_id(terminal, token)

    counters = {key: redis.ttl(key) for key in terminal.types(KEYS).lines if key.startswith("rate_limit:")}

    named = re.compile(rf"rate_limit:(user:{me}:read|address:127\.0\.0\.1:login):\d+")
    assert len(counters) == 2
    assert [key for key in counters if not named.fullmatch(key)] == []
    assert [key for key, seconds in counters.items() if seconds not in range(1, 1000)] == []


def test_r078_is_empty_while_nothing_is_overridden(terminal: Terminal) -> None:
    assert terminal.types(CONFIG).out.strip() == ""


def test_r079_deletes_nothing_and_the_command_in_its_place_does(terminal: Terminal, redis: Redis) -> None:
    token = terminal.sign_in("ben")
    limit_of_creating(terminal, token)
    me = user_id(terminal, token)
    (counter,) = redis.scan_iter(f"rate_limit:user:{me}:family_create:*")

    assert terminal.types(f'redis-cli del "rate_limit:user:{me}:*"').out == "0\n"
    assert redis.get(counter) == "1"

    cleared = terminal.manage(f"limits clear --user {me} --reason 'counted twice'")
    assert (cleared.status, re.findall(r"\d+", cleared.out)) == (0, ["2"])
    assert redis.exists(counter) == 0


def test_r080_without_a_match_only_complains(terminal: Terminal) -> None:
    terminal.sign_in("ada")

    first, again = terminal.types(CLEAR_ALL), terminal.types(CLEAR_ALL)

    assert int(first.out) >= 1
    assert again.out.strip() == NO_MATCH


def test_r081_without_a_token_changes_nothing_and_tells_the_command_that_does(terminal: Terminal) -> None:
    refused = json.loads(terminal.types(ADJUST).out)

    assert (refused["status"], refused["error"]) == (401, "AUTHENTICATION_REQUIRED")
    assert refused["details"]["hint"].startswith("manage.py limits")
    assert terminal.types(CONFIG).out.strip() == ""


def test_r081_with_a_token_holds_for_a_time_also_when_r080_takes_its_mirror(
    terminal: Terminal, redis: Redis
) -> None:
    staff, token = terminal.sign_in("operator"), terminal.sign_in("cleo")
    assert limit_of_creating(terminal, token) == 5

    made = json.loads(terminal.types(f'{ADJUST} -H "Authorization: Bearer {staff}"').out)

    assert (made["endpoint"], made["operations"], made["limit"], made["window"]) == (
        CREATE,
        ["family_create"],
        10,
        3600,
    )
    assert until(lambda: limit_of_creating(terminal, token) == 10)
    field, value = terminal.types(CONFIG).lines
    assert (field, json.loads(value)["limit"]) == (CREATE, 10)

    assert int(terminal.types(CLEAR_ALL).out) >= 2

    assert limit_of_creating(terminal, token) == 10
    assert terminal.manage("limits remirror").status == 0
    assert list(redis.hgetall("rate_limit_config")) == [CREATE]


def test_the_command_in_place_of_r080_keeps_overrides_and_counters_of_signing_in(
    terminal: Terminal, redis: Redis
) -> None:
    set_ = terminal.manage(f"limits set {CREATE} --limit 10 --window 3600 --for 1h --reason 'a busy day'")
    assert set_.status == 0, set_
    user_id(terminal, terminal.sign_in("ada"))

    cleared = terminal.manage("limits clear --all --reason 'a busy day'")

    assert cleared.status == 0, cleared
    assert list(redis.hgetall("rate_limit_config")) == [CREATE]
    left = [key for key in redis.scan_iter("rate_limit:*") if key.split(":")[3] != "unauthenticated"]
    assert [key.rsplit(":", 1)[0] for key in left] == ["rate_limit:address:127.0.0.1:login"]
