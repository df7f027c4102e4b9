"""Every block of every page of the runbook, typed on a machine where all of it runs."""

import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.runbook import pages
from ops.runbook.pages import Kind, Step
from tests.e2e.installed import Installed
from tests.e2e.terminal import Typed, require_curl
from tests.mailbox import Mailbox
from tests.tools import require

ROOT = Path(__file__).resolve().parents[2]
# What cannot be typed here: why, and which test does it in its place, if one does.
ELSEWHERE = {
    "R092": ("there is no mongorestore here", "tests/ops/backup/test_mongorestore.py"),
    "14.5": ("it asks an authority outside of this machine", None),
    "15.2": ("it asks a part of systemd, which does not run here", None),
    "15.4": ("it restarts a part of systemd, which does not run here", None),
    "16.3": ("it asks systemd for its timers", "tests/ops/deploy/test_units.py"),
}
# What comes last, since it takes away what others look at.
DESTROYING = ("R026", "R027", "R028", "R029")
LAST_PAGE = 9
# Where a line needs something done before it, as its page says.
BEFORE = {
    "R027": "sudo systemctl stop mongod && cp -a /var/lib/mongodb /var/lib/mongodb.before",
    "16.2": "manage.py backup",
}
AFTER = {"R056": "manage.py profile off --clear"}
WELL, ANY, MATCH = frozenset({0}), frozenset({0, 1, 2}), frozenset({0, 1})
# How a line begins; with which status it may end; what it says then. The first that fits is meant.
SAYS = (
    (r"sudo systemctl status", WELL, r"Active: active"),
    (r"systemctl is-active", WELL, r"active\nactive\nactive\n"),
    (r"sudo systemctl (restart|start|stop|daemon-reload)", WELL, r""),
    (r"sudo journalctl .*grep ERROR", MATCH, r""),
    (r"sudo journalctl .*grep -i auth", WELL, r"auth\.login\.failed"),
    (r"sudo journalctl .*grep -i \"rate limit\"", WELL, r"rate limit"),
    (r"sudo journalctl .*grep -i family", WELL, r"/family/my-families"),
    (r"sudo journalctl -u sbd-api --lines", WELL, r"\"event\""),
    (r"sudo journalctl -u sbd-backup", WELL, r""),
    (r"sudo tail -n 200 .*mongod\.log", WELL, r"\"s\":\"I\""),
    (r"sudo tail -n 200 .*redis-server\.log", WELL, r"Ready to accept connections"),
    (r"sudo tail -n 200 .*error\.log", WELL, r""),
    (r"ps aux \| grep uvicorn", WELL, r"family_site\.asgi"),
    (r"ps aux --sort", WELL, r"%MEM"),
    (r"netstat", WELL, r"LISTEN"),
    (r"top -b", WELL, r"PID"),
    (r"cat /proc/pressure/io", MATCH, r"some avg10|No such file"),
    (r"curl .*http_code|curl -w", WELL, r"time_total"),
    (r"curl -v http://localhost:8000/health|curl -s http://localhost:8000/health", WELL, r"\"components\""),
    (r"curl -s http://localhost:9090/metrics \| grep error", WELL, r"api_errors_total"),
    (r"curl -s http://localhost:9090/metrics \| grep -E", WELL, r"^email_"),
    (r"curl -X POST", WELL, r"AUTHENTICATION_REQUIRED"),
    (r"uv run python(.|\n)*Configuration", WELL, r"^Configuration loaded successfully$"),
    (r"uv run python(.|\n)*JWT", WELL, r"^JWT secret configured: True$"),
    (r"uv run python(.|\n)*Rate limiting", WELL, r"^Rate limiting enabled: True$"),
    (r"uv run python(.|\n)*send_test_email", WELL, r"^Sent to test@example\.com: <mail_"),
    (r"free -h", WELL, r"Mem:"),
    (r"df -h", WELL, r"Filesystem"),
    (r"git log", WELL, r""),
    (r"grep -n SBD_WORKERS", WELL, r"SBD_WORKERS=1"),
    (r"ops/deploy/switch --list", WELL, r"1\.0\.0-0000000000 \(current\)"),
    (r"export MONGODB_MAX_POOL_SIZE", WELL, r""),
    (r"mongosh .*adminCommand\('ping'\)", WELL, r"ok: 1"),
    (r"mongosh .*connectionStatus", WELL, r"authenticatedUsers"),
    (r"mongosh .*rs\.status", WELL, r"PRIMARY"),
    (r"mongosh .*connections\"", WELL, r"available"),
    (r"mongosh .*isMaster", WELL, r"ismaster: true"),
    (r"mongosh .*\.mem\"", WELL, r"resident"),
    (r"mongosh .*currentOp", WELL, r"inprog"),
    (r"mongosh .*opcounters", WELL, r"insert"),
    (r"mongosh .*setProfilingLevel", WELL, r"was: 0"),
    (r"mongosh .*countDocuments", WELL, r"^\d+$"),
    (r"mongosh .*createIndex", WELL, r"admin_user_ids|family_id"),
    (r"sudo -u mongodb mongod --repair", WELL, r""),
    (r"redis-cli ping", WELL, r"PONG"),
    (r"redis-cli info keyspace", WELL, r"# Keyspace"),
    (r"redis-cli info memory", WELL, r"used_memory_human"),
    (r"redis-cli info clients", WELL, r"connected_clients"),
    (r"redis-cli info", WELL, r"role:master"),
    (r"redis-cli config get", WELL, r"maxmemory-policy"),
    (r"redis-cli flushall", WELL, r"OK"),
    (r"redis-cli keys|redis-cli hgetall", WELL, r""),
    (r"redis-cli --scan .*xargs", frozenset({0, 123}), r"^\d+$|wrong number of arguments"),
    (r"sudo cp ", WELL, r""),
    (r"sudo nginx -t && sudo systemctl reload nginx", WELL, r"test is successful"),
    (r"sudo nginx -t", WELL, r"test is successful"),
    (r"sudo openssl x509", WELL, r"notAfter="),
    (r"date --utc", WELL, r"UTC"),
    (r"ls -l /opt/backups", WELL, r"latest"),
    (r"manage\.py doctor --fix", MATCH, r"\S"),
    (r"manage\.py doctor", ANY, r"^doctor: \d"),
    (r"manage\.py verify_ledger|manage\.py verify_audit", WELL, r"\S"),
    (r"manage\.py maintenance on", WELL, r"Every process that lives has confirmed"),
    (r"manage\.py maintenance off", WELL, r"Maintenance is over"),
    (r"manage\.py restore --from .* --apply", WELL, r"\S"),
    (r"manage\.py restore", WELL, r"\S"),
    (r"manage\.py export_audit", WELL, r"audit-export/1"),
    (r"manage\.py (backup|restore_drill)", WELL, r"\S"),
    (r"manage\.py (incident list|breach_scope --threats)", WELL, r""),
    (r"manage\.py read_only (on|off)", WELL, r"\S"),
    (r"manage\.py (errors|deployments|security_events|limits show|access)", WELL, r""),
)


def typed_line(step: Step) -> str:
    """Return what is typed for a step: the line, or what the page has in the place of it."""
    if step.kind in {Kind.ENDLESS, Kind.PLACEHOLDER}:
        return str(step.instead)
    if step.language == "javascript":
        return f"mongosh --eval '{step.command}'"
    return step.command.removeprefix(".venv/bin/python ")


def expected(line: str) -> tuple[frozenset[int], str] | None:
    """Return with which status a line may end, and what it says then; ``None``: nobody has thought of it."""
    return next((told for start, *told in SAYS if re.match(start, line)), None)  # type: ignore[return-value]


def in_order() -> list[Step]:
    """Return all steps, those last that take away what others look at."""
    found = pages.all_pages()
    steps = [step for page in found if page.number != LAST_PAGE for step in page.steps]
    last = [step for step in steps if step.ids[0] in DESTROYING]
    recovery = [step for page in found if page.number == LAST_PAGE for step in page.steps]
    return [step for step in steps if step not in last] + last + recovery


def once_each(steps: list[Step]) -> Iterator[Step]:
    """Leave out what is not typed here; a line that looks, or restarts, is typed once, wherever it stands."""
    typed = set[str]()
    for step in (each for each in steps if each.ids[0] not in ELSEWHERE):
        line = typed_line(step)
        may_be_left_out = step.kind != Kind.CHANGE or line.startswith("sudo systemctl restart")
        if not (may_be_left_out and line in typed):
            yield step
        typed.add(line)


def fault_of(machine: Installed, step: Step) -> str | None:
    """Type a step; returns what was not as it should be."""
    name, line = step.ids[0], typed_line(step)
    if before := BEFORE.get(name):
        prepared = machine.types(before)
        assert prepared.status == 0, (name, prepared)
    typed = machine.types(line)
    fault = _judged(line, typed)
    if step.kind == Kind.CHANGE:
        machine.settles()
    if after := AFTER.get(name):
        machine.types(after)
    return fault


def _judged(line: str, typed: Typed) -> str | None:
    told = expected(line)
    assert told is not None
    statuses, words = told
    said = typed.out + typed.error
    if typed.status in statuses and re.search(words, said, re.MULTILINE) and "not found" not in typed.error:
        return None
    return f"status {typed.status}: {said[-1500:]}"


@pytest.fixture
def machine(request: pytest.FixtureRequest, tmp_path: Path, mails: Mailbox) -> Iterator[Installed]:
    replacement = os.environ.get("SYSTEMCTL_REPLACEMENT", "systemctl3.py")
    tools = {
        "systemctl": require(request.config, replacement, "systemctl3.py"),
        "mongosh": require(request.config, os.environ.get("MONGOSH", "mongosh"), "mongosh"),
        "nginx": require(request.config, "nginx"),
    }
    for program in ("netstat", "openssl", "git"):
        require(request.config, program)
    require_curl(request.config)
    mail = {"MAIL_URL": mails.url, "MAIL_FROM": "Families <no-reply@families.example.com>"}
    made = Installed(tmp_path / "at", tools, mail)
    yield made
    made.stop()


def call(machine: Installed, path: str, body: bytes | None = None) -> None:
    """Send a call that is refused, so that there is something to find."""
    address = f"http://127.0.0.1:{machine.machine.port}{path}"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)  # noqa: S310  # our own address
    refused.value.close()


@pytest.mark.long
def test_every_block_of_every_page_does_what_the_page_says(machine: Installed) -> None:
    call(machine, "/family/my-families")
    for _ in range(11):  # one more than may be tried
        call(machine, "/auth/login", b'{"username": "nobody", "password": "Quite-Wrong-7!"}')

    faults = {step.ids[0]: fault_of(machine, step) for step in once_each(in_order())}

    assert {name: fault for name, fault in faults.items() if fault} == {}


def test_every_block_is_typed_or_it_is_said_why_not() -> None:
    steps = {step.ids[0]: step for step in in_order()}
    untold = [name for name, step in steps.items() if expected(typed_line(step)) is None]

    assert sorted(set(untold) - set(ELSEWHERE)) == []
    assert sorted({*ELSEWHERE, *BEFORE, *AFTER, *DESTROYING} - set(steps)) == []
    for why, test in ELSEWHERE.values():
        assert why
        assert test is None or (ROOT / test).exists()


def test_every_expectation_is_of_use() -> None:
    lines = [typed_line(step) for step in in_order()]
    used = {next((start for start, *_ in SAYS if re.match(start, line)), "") for line in lines}

    assert [start for start, *_ in SAYS if start not in used] == []
