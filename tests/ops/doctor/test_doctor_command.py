"""``manage.py doctor`` as a process, against real servers that are well, hang or are dead."""

import contextlib
import os
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from ops import embedded
from ops.doctor.fixes import registry
from tests.ops.doctor.conftest import (
    DATABASE,
    MAIL,
    MANAGE,
    NOWHERE,
    UNSEEN,
    WELL,
    WITHOUT_MONGO,
    WITHOUT_REDIS,
    WITHOUT_WEB,
    Doctor,
    Said,
)
from tests.ops.doctor.processes import kill, mongod_of, port_of, redis_of, stopped
from tests.ports import free_port

pytestmark = pytest.mark.long

ALL_DEAD = WELL | WITHOUT_MONGO | WITHOUT_REDIS | WITHOUT_WEB | {"process": "failed", "clock": UNSEEN}
WHOLE_SECONDS = 5.0  # what doctor promises
TRIES = 3


def test_all_is_well(doctor: Doctor, shared: embedded.Servers, web: tuple[int, int]) -> None:
    said = doctor()

    assert (said.status, said.results) == (0, WELL)
    assert said["settings"]["evidence"] == ["mode test: every variable is valid, the keys are strong"]
    assert re.fullmatch(
        rf"127\.0\.0\.1:{web[0]}: process {web[1]} \(python\S* -m uvicorn\) answered /health/live in \d+ ms",
        said["port"]["evidence"][0],
    )
    port, name = re.fullmatch(
        r"mongodb://127.0.0.1:(\d+)/\?replicaSet=(.+)", str(shared.mongodb_uri)
    ).groups()  # type: ignore[union-attr]  # the address is ours
    assert re.fullmatch(
        rf"\d+\.\d+\.\d+, set {name}, primary 127\.0\.0\.1:{port}, \d+ ms; "
        "transactionLifetimeLimitSeconds 5, electionTimeoutMillis 2000",
        said["mongo"]["evidence"][0],
    )
    assert re.fullmatch(
        r"\d+\.\d+\.\d+, master, \d+\.\d ms, memory \S+ of no limit \(maxmemory 0\), noeviction, "
        r"\d+ of \d+ clients, \d+ blocked",
        said["redis"]["evidence"][0],
    )
    assert all(each["cause"] is each["remedy"] is None for each in said.findings)
    assert Redis.from_url(str(shared.redis_url)).keys("doctor:*") == []


def test_only_the_checks_of_one_section_run(doctor: Doctor) -> None:
    names = ("mongo", "mongo_primary", "replication_lag", "schema", "pool", "backup")
    assert doctor("--section", "2").results == dict.fromkeys(names, "ok")


def test_a_mongod_that_hangs_is_the_cause_of_an_unseen_schema(
    doctor: Doctor, start: Callable[..., embedded.Servers]
) -> None:
    uri = str(start(redis=False).mongodb_uri)
    pid = mongod_of(uri)

    with stopped(pid):
        said = doctor(MONGODB_URI=uri)

    assert said.status == 2
    assert said.results == WELL | WITHOUT_MONGO
    assert [each["name"] for each in said.causes] == ["mongo"]
    assert said["mongo"]["evidence"] == [
        f"127.0.0.1:{port_of(uri)}: no answer within 1 s; process {pid} (mongod) is stopped"
    ]
    assert said["mongo"]["remedy"] == f"kill -CONT {pid}"
    assert said["schema"]["evidence"] == ["MongoDB cannot be asked"]
    assert said["schema"]["explained_by"][0] == "mongo"


def test_a_mongod_that_was_killed(doctor: Doctor, start: Callable[..., embedded.Servers]) -> None:
    uri = str(start(redis=False).mongodb_uri)
    kill(mongod_of(uri), uri)

    said = doctor(MONGODB_URI=uri)

    assert said.status == 2
    assert said.results == WELL | WITHOUT_MONGO
    assert said["mongo"]["evidence"] == [f"127.0.0.1:{port_of(uri)}: connection refused"]
    assert said["mongo"]["cause"] == "MongoDB does not run"
    assert said["mongo"]["remedy"] == f"ss -ltnp 'sport = :{port_of(uri)}'"
    assert said["schema"]["explained_by"][0] == "mongo"


def test_a_redis_that_hangs(doctor: Doctor, start: Callable[..., embedded.Servers]) -> None:
    url = str(start(mongodb=False).redis_url)
    pid = redis_of(url)

    with stopped(pid):
        said = doctor(REDIS_URL=url)

    assert (said.status, said.results) == (2, WELL | WITHOUT_REDIS)
    assert said.findings[0]["evidence"] == [
        f"127.0.0.1:{port_of(url)}: no answer within 1 s; process {pid} (redis-server) is stopped"
    ]
    assert said.findings[0]["remedy"] == f"kill -CONT {pid}"


def test_a_redis_that_was_killed(doctor: Doctor, start: Callable[..., embedded.Servers]) -> None:
    url = str(start(mongodb=False).redis_url)
    kill(redis_of(url), url)

    said = doctor(REDIS_URL=url)

    assert (said.status, said.results) == (2, WELL | WITHOUT_REDIS)
    assert said.findings[0]["evidence"] == [f"127.0.0.1:{port_of(url)}: connection refused"]
    assert said.findings[0]["cause"] == "Redis does not run"


def test_a_web_process_that_hangs(doctor: Doctor, web: tuple[int, int]) -> None:
    _port, pid = web

    with stopped(pid):
        said = doctor()

    assert (said.status, said.results) == (2, WELL | WITHOUT_WEB | {"process": "failed"})
    assert said.findings[0]["evidence"][0] == f"stopped: web {pid}"
    assert said.findings[0]["remedy"] == f"kill -CONT {pid}"
    assert said["port"]["explained_by"] == ["process"]


def test_nobody_listens_on_the_web_port(doctor: Doctor) -> None:
    port = free_port()

    said = doctor(PORT=str(port))

    assert (said.status, said.results) == (2, WELL | WITHOUT_WEB)
    assert said["port"]["evidence"] == [f"127.0.0.1:{port}: nobody listens"]
    assert said["port"]["remedy"] == "make run"


def test_another_program_that_has_the_web_port_is_named(doctor: Doctor) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = doctor(PORT=str(port))

    assert (said.status, said.results) == (2, WELL | WITHOUT_WEB)
    evidence = said["port"]["evidence"][0]
    assert evidence.startswith(f"127.0.0.1:{port} is held by process {os.getpid()} (")
    assert evidence.endswith("): no answer within 1.5 s")
    assert said["port"]["remedy"] == f"ps -fp {os.getpid()}"


def test_everything_hangs_and_doctor_ends_within_its_five_seconds(
    doctor: Doctor, start: Callable[..., embedded.Servers], web: tuple[int, int]
) -> None:
    servers = start()
    uri, url = str(servers.mongodb_uri), str(servers.redis_url)

    with stopped(mongod_of(uri)), stopped(redis_of(url)), stopped(web[1]):
        said = within(WHOLE_SECONDS, lambda limit: doctor(limit=limit, MONGODB_URI=uri, REDIS_URL=url))

    assert said.status == 2
    assert said.results == ALL_DEAD
    assert [each["name"] for each in said.causes] == ["mongo", "redis", "process"]
    assert all(each["remedy"].startswith("kill -CONT ") for each in said.causes)


def test_what_another_mongod_says_is_not_taken_for_the_demos_own(doctor: Doctor, tmp_path: Path) -> None:
    said = doctor(SBD_VAR=str(tmp_path), MONGODB_URI="")

    assert (said.status, said.results) == (2, WELL | WITHOUT_MONGO)
    assert said["mongo"]["evidence"] == [f"no embedded server runs with the data in {tmp_path}"]
    assert said["mongo"]["remedy"] == "make run"


def test_everything_is_dead(doctor: Doctor) -> None:
    said = doctor(
        PORT=str(free_port()),
        MONGODB_URI=f"mongodb://127.0.0.1:{NOWHERE}/?replicaSet=sbd",
        REDIS_URL=f"redis://127.0.0.1:{NOWHERE}/0",
    )

    assert (said.status, said.results) == (2, ALL_DEAD)
    assert [each["name"] for each in said.causes] == ["mongo", "redis", "process"]


def test_broken_settings_are_named_and_the_servers_looked_at_nevertheless(doctor: Doctor) -> None:
    said = doctor(MONGODB_MIN_POOL_SIZE="many")

    assert said.status == 2
    books = ("audit", "limits", "profiler", "access", "backup", "metrics", "contacts")
    unseen = (*DATABASE, "schema", "maintenance", *MAIL, "worker", "beat", "nginx", "tls", *books)
    unwell = {name: result for name, result in said.results.items() if result != "ok"}
    assert unwell == {"settings": "failed", **dict.fromkeys(unseen, UNSEEN)}
    assert [each["name"] for each in said.causes] == ["settings"]
    assert [line.split()[0] for line in said["settings"]["evidence"]] == ["MONGODB_MIN_POOL_SIZE"]
    assert said["settings"]["remedy"] == "unset MONGODB_MIN_POOL_SIZE"
    assert said["schema"]["explained_by"] == ["settings"]
    assert not any("many" in str(finding) for finding in said.findings)


def test_each_weak_key_is_named_and_none_is_shown(doctor: Doctor) -> None:
    said = doctor(SECRET_KEY="far-too-short", LINK_SIGNING_KEY="aaaa" * 20, FIELD_KEY="bbbb" * 20)

    named = [line.split()[0] for line in said["settings"]["evidence"]]
    assert named == ["SECRET_KEY", "LINK_SIGNING_KEY", "FIELD_KEY"]
    shown = str(said.findings)
    assert [key for key in ("far-too-short", "aaaa", "bbbb") if key in shown] == []


def test_help_shows_the_options_that_there_are() -> None:
    shown = [
        subprocess.run([*MANAGE, *words], capture_output=True, text=True, check=True, timeout=30).stdout
        for words in (["doctor", "--help"], ["help", "doctor"])
    ]

    assert shown[0] == shown[1]
    options = re.findall(r"^  (-\S+)", shown[0], re.MULTILINE)
    assert options[:6] == ["-h,", "--json", "--section", "--deep", "--watch", "--fix"]
    assert options[6:8] == ["--apply", "--reason"]
    wanted = {f"--{option.name}" for fix in registry.fixes() for option in fix.options}
    assert sorted(options[8:]) == sorted(wanted)


def test_a_typing_mistake_is_no_finding() -> None:
    done = subprocess.run(
        [*MANAGE, "doctor", "--section", "99"], capture_output=True, check=False, timeout=30
    )

    assert done.returncode == 64


def within(seconds: float, run: Callable[[float], Said]) -> Said:
    """Return what was said in time; others may keep the machine too busy."""
    for _ in range(TRIES):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return run(seconds)
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > 2 * cores:
        pytest.skip(f"{seconds:g} s cannot be judged at a load of {load} on {cores} cores")
    pytest.fail(f"doctor takes longer than {seconds:g} s")
