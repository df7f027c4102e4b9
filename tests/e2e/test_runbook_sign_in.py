"""The runbook's lines about signing in, typed as printed, and what to type in their place: section 6.

Left out is ``systemctl``, which needs the units. ``journalctl`` shows what the running system has written.
Where a line asks a host of ``example.com``, the product's own probes stand in its place.
"""

import json
import re
import urllib.error
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from ops import embedded
from tests.e2e import processes
from tests.e2e.demo import Run
from tests.e2e.terminal import Terminal, install, require_curl

pytestmark = [pytest.mark.long, pytest.mark.keeps_redis]
JOURNAL = "sudo journalctl -u sbd-api | grep -i auth"
MINE = 'curl -H "Authorization: Bearer {token}" http://localhost:8000/family/my-families'
AUTH = 'redis-cli --scan --pattern "*auth*" | xargs redis-cli del'
SECRET = """
from second_brain_database.config import get_settings
settings = get_settings()
print('JWT secret configured:', bool(settings.SECRET_KEY))
"""
PROGRAMS = {
    "sudo": '#!/bin/sh\nexec "$@"\n',
    "journalctl": '#!/bin/sh\ntest "$*" = "-u sbd-api" && exec cat "{output}"\n',
}
WHY = "'a lost device'"


@pytest.fixture(scope="module")
def terminal(served: Run, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    folder = tmp_path_factory.mktemp("programs")
    install(folder, {name: text.format(output=served.output) for name, text in PROGRAMS.items()})
    return Terminal.of(served.var, served.port, folder)


@pytest.fixture
def redis(served: Run) -> Iterator[Redis]:
    """The demo's Redis; what a test leaves there is nobody's."""
    servers = embedded.running(served.var)
    assert servers is not None
    with Redis.from_url(str(servers.redis_url), decode_responses=True) as client:
        yield client
        client.unlink("auth:x", "note:author")


@pytest.fixture
def curl(request: pytest.FixtureRequest) -> None:
    require_curl(request.config)


def refused(terminal: Terminal, token: str = "", body: dict[str, Any] | None = None) -> Any:
    """Send a call that is refused; returns the details of the refusal."""
    with pytest.raises(urllib.error.HTTPError) as answer:
        terminal.call("/auth/login" if body else "/family/my-families", body, token)
    assert answer.value.code == 401
    return json.loads(answer.value.read()).get("details")


def doctor(terminal: Terminal) -> dict[str, Any]:
    """Return what doctor finds about signing in, by the names of its checks."""
    typed = terminal.manage("doctor --section 6 --json")
    assert typed.error == ""
    return {each["name"]: each for each in json.loads(typed.out)["findings"]}


def password_of(terminal: Terminal, username: str) -> str:
    return str(json.loads((terminal.var / "demo-sign-ins").read_text())[username])


def test_r067_shows_who_was_let_in_and_who_was_not_and_no_secret(terminal: Terminal) -> None:
    token = terminal.sign_in("ada")
    refused(terminal, body={"username": "ada", "password": "Quite-Wrong-7!"})
    assert refused(terminal, "nonsense-of-a-token") == {"reason": "malformed"}

    typed = terminal.types(JOURNAL)

    told = [json.loads(line) for line in typed.lines if line.startswith("{")]
    events = {(each.get("event"), each.get("reason")) for each in told}
    assert {
        ("auth.login.ok", None),
        ("auth.login.failed", "wrong_password"),
        ("auth.token.rejected", "malformed"),
    } <= events
    password = password_of(terminal, "ada")
    secrets = (token, token.rsplit(".", 1)[1], password, "Quite-Wrong-7!", "nonsense-of-a-token")
    assert [secret for secret in secrets if secret in typed.out] == []


def test_the_check_in_place_of_r067_counts_by_reason(terminal: Terminal) -> None:
    refused(terminal, "nonsense")

    counted = re.compile(r"tokens not taken in 10 min: .*[1-9]\d* malformed")
    assert processes.wait_until(lambda: counted.search(str(doctor(terminal)["auth"]["evidence"])))


@pytest.mark.usefixtures("curl")
def test_r068_lists_the_families_of_a_token_or_says_what_is_wrong_with_it(terminal: Terminal) -> None:
    good = json.loads(terminal.types(MINE.format(token=terminal.sign_in("ada"))).out)
    bad = json.loads(terminal.types(MINE.format(token="<test_token>")).out)

    assert {each["name"] for each in good} == {"The Larks", "Harbour House"}
    assert (bad["status"], bad["error"], bad["details"]) == (401, "INVALID_TOKEN", {"reason": "malformed"})


def test_r069_lists_the_sessions_that_redis_remembers(terminal: Terminal, redis: Redis) -> None:
    token = terminal.sign_in("ben")

    def listed() -> list[str]:
        terminal.call("/family/my-families", token=token)
        return [key for key in terminal.types('redis-cli keys "*session*"').lines if key]

    assert processes.wait_until(listed)  # a web process that has just started remembers none yet
    keys = listed()
    assert [key for key in keys if not re.fullmatch(r"session:ses_[0-9a-zA-Z_-]+", key)] == []
    assert all(0 < redis.ttl(key) <= 60 or not redis.exists(key) for key in keys)


def test_the_command_in_place_of_r069_lists_those_of_a_user_and_ends_them(terminal: Terminal) -> None:
    token = terminal.sign_in("cleo")
    listed = terminal.manage("sessions list --user cleo")
    told = json.loads(terminal.manage("sessions list --user cleo --json").out)

    assert [line.split()[0] for line in listed.lines] == [each["session_id"] for each in told]
    assert {each["kind"] for each in told} == {"api"}
    ended = terminal.manage(f"sessions end --user cleo --reason {WHY}")
    number = "1 session has" if len(told) == 1 else f"{len(told)} sessions have"
    assert (ended.status, ended.out) == (0, f"cleo: {number} ended.\n")
    assert refused(terminal, token) == {"reason": "revoked"}
    assert terminal.manage("sessions list --user cleo").out == "cleo is signed in nowhere.\n"


@pytest.mark.usefixtures("curl")
def test_the_probes_in_place_of_r070_say_that_second_factors_work(terminal: Terminal) -> None:
    health = json.loads(terminal.types("curl -s http://localhost:8000/health").out)

    part = health["components"]["two_factor"]
    assert (part["status"], part["detail"]) == ("healthy", None)
    found = doctor(terminal)
    assert {name: found[name]["result"] for name in ("clock", "two_factor")} == {
        "clock": "ok",
        "two_factor": "ok",
    }


def test_r071_says_that_there_is_a_key(terminal: Terminal) -> None:
    typed = terminal.types(f'uv run python -c "{SECRET}"')

    assert (typed.status, typed.lines, typed.error) == (0, ["JWT secret configured: True"], "")


def test_the_check_in_place_of_r071_compares_the_keys_of_all_processes_and_shows_none(
    terminal: Terminal,
) -> None:
    terminal.sign_in("ada")
    made = json.loads((terminal.var / "secrets").read_text())

    # Two web processes, worker and beat; those that other tests have started may be among them.
    everybody = re.compile(r"processes that live: ([4-9]|\d\d+), signing with [0-9a-f]{16}; sessions looked")
    assert processes.wait_until(lambda: everybody.search(str(doctor(terminal)["jwt"]["evidence"])))
    found = doctor(terminal)["jwt"]
    assert found["result"] == "ok"
    assert [name for name, key in made.items() if key in str(found)] == []


@pytest.mark.usefixtures("curl")
def test_the_probes_in_place_of_r072_say_that_there_is_no_external_sign_in(terminal: Terminal) -> None:
    health = json.loads(terminal.types("curl -s http://localhost:8000/health").out)

    assert "external_sign_in" not in health["components"]
    found = doctor(terminal)["external"]
    assert (found["result"], found["evidence"]) == ("ok", ["no external sign-in is set"])


def test_r073_with_no_such_key_only_complains(terminal: Terminal, redis: Redis) -> None:
    assert list(redis.scan_iter("*auth*")) == []

    typed = terminal.types(AUTH)

    assert typed.out.strip() == "ERR wrong number of arguments for 'del' command"


def test_r073_brings_nothing_revoked_back_and_takes_more_than_it_says(
    terminal: Terminal, redis: Redis
) -> None:
    token = terminal.sign_in("cleo")
    terminal.call("/auth/logout", {}, token)
    for key in ("auth:x", "note:author"):
        redis.set(key, "1", ex=60)

    typed = terminal.types(AUTH)

    assert typed.out == "2\n"  # the note, too, which `manage.py clear_cache --namespace auth` leaves
    assert refused(terminal, token) == {"reason": "revoked"}
