"""The runbook's lines about settings, Redis and caches, typed as printed: sections 1, 3, 5 and 8.

Left out are ``systemctl``, ``journalctl`` and ``tail``, which need the units, and hosts of ``example.com``.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from ops import embedded
from tests.e2e.demo import Run
from tests.e2e.terminal import Terminal, require_curl
from tests.mailbox import Mailbox

pytestmark = pytest.mark.keeps_redis
CLEAR = "curl -X POST http://localhost:8000/admin/clear-cache"


@pytest.fixture(scope="module")
def terminal(served: Run, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal.of(served.var, served.port, tmp_path_factory.mktemp("programs"))


@pytest.fixture
def redis(served: Run) -> Iterator[Redis]:
    """The demo's Redis; what a test leaves there is nobody's."""
    servers = embedded.running(served.var)
    assert servers is not None
    with Redis.from_url(str(servers.redis_url), decode_responses=True) as client:
        yield client
        client.unlink("cache:x", "auth:x", "health:x", "note:author", "queue:x")


@pytest.fixture
def curl(request: pytest.FixtureRequest) -> None:
    require_curl(request.config)


def mailing(mails: Mailbox) -> dict[str, str]:
    """Return the variables of the demo's mail server."""
    return {"MAIL_URL": mails.url, "MAIL_FROM": "Families <no-reply@families.example.com>"}


# Settings, mail: R008, R077, R088 -----------------------------------------------------------------


SETTINGS = """
from second_brain_database.config import get_settings
settings = get_settings()
"""
LIMITER = """
from second_brain_database.managers.security_manager import security_manager
print('Rate limiting enabled:', security_manager.rate_limiting_enabled)
"""
MAIL = """
from second_brain_database.managers.email import send_test_email
import asyncio
asyncio.run(send_test_email('test@example.com'))
"""


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        (f"{SETTINGS}print('Configuration loaded successfully')\n", "Configuration loaded successfully"),
        (LIMITER, "Rate limiting enabled: True"),
    ],
    ids=["R008", "R077"],
)
def test_the_lines_in_python_print_what_the_runbook_shows(
    terminal: Terminal, program: str, shown: str
) -> None:
    typed = terminal.types(f'uv run python -c "{program}"', ENABLE_RATE_LIMITS="true")

    assert (typed.status, typed.lines, typed.error) == (0, [shown], "")


def test_wrong_settings_are_a_line_each_and_no_traceback(terminal: Terminal) -> None:
    typed = terminal.types(f'uv run python -c "{SETTINGS}"', PORT="eighty", CACHE_TTL="0")

    assert (typed.status, typed.out) == (1, "")
    assert [fault.split(" is not right")[0] for fault in typed.error.splitlines()] == [
        "settings: PORT",
        "settings: CACHE_TTL",
    ]


def test_r077_tells_of_limits_that_are_switched_off(terminal: Terminal) -> None:
    typed = terminal.types(f'uv run python -c "{LIMITER}"', ENABLE_RATE_LIMITS="false")

    assert typed.out == "Rate limiting enabled: False\n"


@pytest.mark.long
def test_r088_sends_a_mail_and_prints_its_message_id(terminal: Terminal, mails: Mailbox) -> None:
    typed = terminal.types(f'uv run python -c "{MAIL}"', **mailing(mails))

    said = re.fullmatch(r"Sent to test@example\.com: (<mail_\S+>)\n", typed.out)
    assert said, typed
    assert mails.deliveries_of(said[1]) == 1


def test_the_package_of_these_names_stays_thin() -> None:
    package = Path(__file__).resolve().parent.parent.parent / "second_brain_database"

    assert sum(len(path.read_text().splitlines()) for path in package.rglob("*.py")) <= 60


# Redis: R032 to R040 ------------------------------------------------------------------------------


def test_r032_redis_answers(terminal: Terminal) -> None:
    assert terminal.types("redis-cli ping").out == "PONG\n"


def test_r033_info_tells_role_and_saving(terminal: Terminal) -> None:
    info = terminal.types("redis-cli info").fields

    wanted = ("role", "loading", "rdb_last_bgsave_status", "aof_last_write_status")
    assert [info[name] for name in wanted] == ["master", "0", "ok", "ok"]


def test_r034_and_r039_tell_the_memory_without_a_limit(terminal: Terminal) -> None:
    info = terminal.types("redis-cli info memory").fields
    size = terminal.types("redis-cli info memory | grep used_memory_human")

    assert (int(info["used_memory"]) > 0, info["maxmemory"]) == (True, "0")
    assert re.fullmatch(r"used_memory_human:[0-9.]+[KMG]\n", size.out)


def test_r035_tells_the_clients_the_jobs_among_them(terminal: Terminal) -> None:
    info = terminal.types("redis-cli info clients").fields

    assert int(info["connected_clients"]) > 1
    assert int(info["blocked_clients"]) >= 0


def test_r038_tells_how_it_is_configured(terminal: Terminal) -> None:
    names_and_values = terminal.types('redis-cli config get "*"').lines
    config = dict(zip(names_and_values[::2], names_and_values[1::2], strict=True))

    assert (config["appendonly"], config["maxmemory-policy"], config["requirepass"]) == (
        "no",
        "noeviction",
        "",
    )


@pytest.mark.long
def test_r040_and_r065_end_no_session_and_lose_no_mail(
    terminal: Terminal, mails: Mailbox, redis: Redis
) -> None:
    token = terminal.sign_in("ada")
    families = terminal.call("/family/my-families", token=token)
    redis.set("cache:x", "1", ex=60)
    redis.select(1)
    redis.rpush("queue:x", "of another database number")

    assert terminal.types("redis-cli flushall").out == "OK\n"

    assert redis.exists("queue:x") == 0  # that is what the line does, and the safe one does not
    redis.select(0)
    assert redis.exists("cache:x") == 0
    assert terminal.call("/family/my-families", token=token) == families
    typed = terminal.manage("sendtestemail kit@example.com --through-outbox", **mailing(mails))
    sent = re.search(r"^Sent after 1 attempt: (<mail_\S+>)$", typed.out, re.MULTILINE)
    assert sent, typed
    assert mails.deliveries_of(sent[1]) == 1


# Caches: R053, R066 -------------------------------------------------------------------------------


@pytest.mark.usefixtures("curl")
def test_r053_prints_where_the_time_goes(terminal: Terminal) -> None:
    typed = terminal.types('curl -w "@curl-format.txt" -o /dev/null -s http://localhost:8000/health')

    told = {name.strip(): value for name, value in (line.split(":") for line in typed.lines)}
    assert (typed.status, typed.error, told.pop("http_code").strip()) == (0, "", "200")
    assert list(told) == ["name_lookup", "connect", "first_byte", "time_total"]
    assert all(re.fullmatch(r" +[0-9]+\.[0-9]+ s", value) for value in told.values())


@pytest.mark.usefixtures("curl")
def test_r066_without_a_token_clears_nothing_and_tells_the_command_that_does(
    terminal: Terminal, redis: Redis
) -> None:
    redis.set("cache:x", "1", ex=60)

    typed = terminal.types(CLEAR)

    refused = json.loads(typed.out)
    assert (refused["status"], refused["error"]) == (401, "AUTHENTICATION_REQUIRED")
    assert refused["details"] == {"hint": "manage.py clear_cache"}
    assert redis.exists("cache:x") == 1


@pytest.mark.usefixtures("curl")
def test_r066_with_a_token_clears_what_is_cached_and_nothing_else(terminal: Terminal, redis: Redis) -> None:
    token = terminal.sign_in("operator")
    for key in ("cache:x", "auth:x", "health:x", "note:author"):
        redis.set(key, "1", ex=60)

    typed = terminal.types(f'{CLEAR} -H "Authorization: Bearer {token}"')

    answer = json.loads(typed.out)
    assert (answer["cleared"] >= 3, answer["namespaces"]) == (True, ["cache", "auth", "health"])
    assert redis.exists("cache:x", "auth:x", "health:x") == 0
    assert redis.exists("note:author") == 1
    assert terminal.call("/auth/me", token=token)["username"] == "operator"


@pytest.mark.long
def test_the_command_in_place_of_r066_and_r073_needs_no_token(terminal: Terminal, redis: Redis) -> None:
    for key in ("cache:x", "auth:x", "note:author"):
        redis.set(key, "1", ex=60)

    assert terminal.manage("clear_cache --namespace auth").out == "Cleared 1 key in auth.\n"

    assert [redis.exists(key) for key in ("cache:x", "auth:x", "note:author")] == [1, 0, 1]
