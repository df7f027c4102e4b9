"""``manage.py embedded``, with settings and without; and the shells that must know where the servers are."""

import json
from pathlib import Path

import pytest

from ops import embedded
from ops.embedded import Servers, command
from ops.embedded.place import Place
from tests.e2e import processes
from tests.ops.embedded.conftest import start

KEYS = {
    "SECRET_KEY": "first-key-0123456789-abcdefghijklmnop",
    "JWT_SIGNING_KEY": "second-key-0123456789-abcdefghijklmnop",
    "LINK_SIGNING_KEY": "third-key-0123456789-abcdefghijklmnop",
    "FIELD_KEY": "fourth-key-0123456789-abcdefghijklmnop",
    "AUDIT_KEY": "fifth-key-0123456789-abcdefghijklmnop",
}
PRODUCTION = {
    **KEYS,
    "SBD_MODE": "production",
    "PUBLIC_URL": "https://families.test",
    "ALLOWED_HOSTS": "families.test",
    "MONGODB_URI": "mongodb://database.test/?replicaSet=rs0",
    "REDIS_URL": "redis://cache.test:6379/0",
    "CELERY_BROKER_URL": "redis://queue.test:6380/0",
}
BROKEN = {"SBD_MODE": "demo", "PORT": "none", "MONGODB_URI": "", "REDIS_URL": ""}
FAULT = "settings: PORT is not right: Input should be a valid integer, unable to parse string as an integer\n"


def test_only_the_server_that_is_not_set_is_started(
    var: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command.run(["start"], Place(var, mongodb=False)) == 0

    servers = embedded.running(var)
    assert servers is not None
    assert servers.mongodb_uri is None
    assert servers.tied_to is None
    assert processes.programs(var) == ["keeper", "redis-server"]
    shown = f"MongoDB  not started here, since another one is set\nRedis    {servers.redis_url}\n"
    assert capsys.readouterr().out == shown + "".join(f"{note}\n" for note in servers.notes)

    monkeypatch.setenv("PATH", "")  # what it finds, it need not start
    assert command.run(["status"], Place(var)) == 0
    assert capsys.readouterr().out.startswith(shown)
    assert command.run(["stop"], Place(var)) == 0
    assert command.run(["stop"], Place(var)) == 0
    assert command.run(["status"], Place(var)) == 3
    assert capsys.readouterr().out == (
        "stopped\nnothing runs\nnothing runs: start it with `manage.py embedded start`\n"
    )
    assert processes.left_of(var) == []


def test_nothing_is_started_when_both_are_set(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["start"], Place(var, mongodb=False, redis=False)) == 0

    assert capsys.readouterr().out == "nothing to start: MONGODB_URI and REDIS_URL are set\n"
    assert not var.exists()


@pytest.mark.long
def test_production_starts_nothing_and_is_not_hindered_by_servers_that_it_does_not_use(served: Path) -> None:
    answer = processes.manage("embedded", "start", SBD_VAR=str(served), **PRODUCTION)

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        "The embedded servers are for the demo: set SBD_MODE=demo, or use real servers\n"
    )


def test_production_does_not_run_on_them_by_their_addresses(served: Path) -> None:
    servers = embedded.running(served)
    assert servers is not None
    port = str(servers.mongodb_uri).split(":")[2].partition("/")[0]
    theirs = {"MONGODB_URI": f"mongodb://some:body@localhost:{port}/", "REDIS_URL": str(servers.redis_url)}

    answer = processes.manage("check", SBD_VAR=str(served), **{**PRODUCTION, **theirs})

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"settings: MONGODB_URI leads to the embedded server of {served}: name a real one\n"
        f"settings: REDIS_URL leads to the embedded server of {served}: name a real one\n"
    )


@pytest.mark.parametrize(
    ("uri", "ours"),
    [
        ("mongodb://127.0.0.1:27017/?replicaSet=x", True),
        ("mongodb://me:se%40cret@localhost", True),
        ("mongodb://[::1]:27017/", True),
        ("mongodb://[::1]/", True),
        ("mongodb://db.test:27017,127.0.0.1:27017/", True),
        ("mongodb://db.test:27017,127.0.0.1:27018/", False),
        ("mongodb://db.test/", False),
        ("redis://:secret@LOCALHOST/3", True),
        ("redis://127.0.0.2:6379", True),
        ("redis://localhost:6380", False),
        ("rediss://cache.test", False),
        ("mongodb+srv://cluster.test/", False),
        ("", False),
    ],
)
def test_addresses_that_lead_to_them(uri: str, ours: bool) -> None:  # noqa: FBT001  # the expected answer
    servers = Servers("mongodb://127.0.0.1:27017/?replicaSet=sbd-1", "redis://127.0.0.1:6379/0", 1)

    assert servers.are_at(uri) is ours


@pytest.mark.long
def test_status_and_stop_work_while_the_settings_are_broken(var: Path) -> None:
    servers = start(var, mongodb=False)

    status = processes.manage("embedded", "status", SBD_VAR=str(var), **BROKEN)
    stop = processes.manage("embedded", "stop", SBD_VAR=str(var), **BROKEN)
    after = processes.manage("embedded", "status", SBD_VAR=str(var), **BROKEN)

    assert (status.returncode, status.stderr) == (0, "")
    assert status.stdout.endswith(f"\nRedis    {servers.redis_url}\n")
    assert (stop.returncode, stop.stdout, stop.stderr) == (0, "stopped\n", "")
    assert after.returncode == 3


def test_start_works_while_the_settings_are_broken_and_says_what_is_wrong(var: Path) -> None:
    given = BROKEN | {"MONGODB_URI": "mongodb://database.test/"}

    answer = processes.manage("embedded", "start", SBD_VAR=str(var), **given)

    assert (answer.returncode, answer.stderr) == (0, FAULT)
    assert processes.programs(var) == ["keeper", "redis-server"]


def test_other_commands_say_what_is_wrong_with_the_settings_and_no_more(var: Path) -> None:
    answer = processes.manage("check", SBD_VAR=str(var), **BROKEN)

    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", FAULT)


def test_redis_cli_finds_the_embedded_redis(served: Path) -> None:
    said = processes.manage(
        "redis_cli", "--", "-n", "5", "SET", "said", "word", SBD_VAR=str(served), SBD_MODE="demo"
    )
    heard = processes.manage(
        "redis_cli", "--", "-n", "5", "GET", "said", SBD_VAR=str(served), SBD_MODE="demo"
    )

    assert (said.returncode, said.stdout) == (0, "OK\n")
    assert (heard.returncode, heard.stdout) == (0, "word\n")


@pytest.mark.long
def test_redis_cli_gets_the_password_where_nobody_sees_it(served: Path, tmp_path: Path) -> None:
    answer = processes.manage(
        *("redis_cli", "--", "PING"),
        PATH=stand_in("redis-cli", tmp_path),
        SBD_VAR=str(served),
        SBD_MODE="demo",
        REDIS_URL="rediss://some:se%40cret@cache.test:7000/2",
    )

    program = json.loads(answer.stdout)
    assert program["words"] == [
        "-h",
        "cache.test",
        "-p",
        "7000",
        "-n",
        "2",
        "--user",
        "some",
        "--tls",
        "PING",
    ]
    assert program["environment"]["REDISCLI_AUTH"] == "se@cret"


@pytest.mark.long
def test_dbshell_finds_the_embedded_mongodb(served: Path, tmp_path: Path) -> None:
    servers = embedded.running(served)
    assert servers is not None
    path = stand_in("mongosh", tmp_path)

    talk = processes.manage("dbshell", SBD_VAR=str(served), SBD_MODE="demo", PATH=path)
    work = processes.manage("dbshell", "--", "--eval", "1", SBD_VAR=str(served), SBD_MODE="demo", PATH=path)

    connect = "db = connect(process.env.SBD_SHELL_URI).getSiblingDB(process.env.SBD_SHELL_DATABASE)"
    assert json.loads(talk.stdout)["words"] == ["--nodb", "--eval", connect, "--shell"]
    assert json.loads(work.stdout)["words"] == ["--nodb", "--eval", connect, "--eval", "1"]
    environment = json.loads(work.stdout)["environment"]
    assert environment["SBD_SHELL_URI"] == servers.mongodb_uri
    assert environment["SBD_SHELL_DATABASE"] == "second_brain_database"


@pytest.mark.long
def test_dbshell_without_mongosh_says_so(served: Path) -> None:
    answer = processes.manage("dbshell", SBD_VAR=str(served), SBD_MODE="demo", PATH="")

    assert answer.returncode == 1
    assert answer.stderr == (
        "CommandError: mongosh is not on PATH: install it, for example with `npm install -g mongosh`.\n"
    )


def stand_in(name: str, directory: Path) -> str:
    """Make a program that shows what it was started with; returns the PATH where it is found."""
    program = directory / name
    program.write_text(
        "#!/usr/bin/env python3\nimport json, os, sys\n"
        "print(json.dumps({'words': sys.argv[1:], 'environment': dict(os.environ)}))\n"
    )
    program.chmod(0o755)
    return f"{directory}:/usr/bin:/bin:/usr/local/bin"
