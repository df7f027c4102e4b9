"""What doctor says of a mongod that has ended, by its own log, and of logins that it refuses."""

import json
import os
import secrets
import shutil
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pymongo import MongoClient

from ops import embedded
from ops.doctor import mongo_end, mongo_log
from ops.doctor.check import Finding, Result
from ops.doctor.checks import mongo
from ops.doctor.whereabouts import Whereabouts
from ops.embedded import binaries, ports
from ops.embedded.layout import Layout
from tests.faults.conftest import spawn, until
from tests.ops.doctor.processes import kill, mongod_of, port_of

TIME = {"$date": "2026-11-26T09:30:00.000+00:00"}
DEAD = Finding(Result.FAILED, ("127.0.0.1:1: connection refused",), "MongoDB does not run", "look")
PASSWORD = "open-sesame"
DAMAGED = ("E", "WiredTiger error message", {"message": {"msg": "read checksum error for 4096B block"}})


def lines(*told: tuple[str, str, dict[str, Any]], exit_code: int | None = None) -> list[dict[str, Any]]:
    """Return lines as mongod writes them: severity, message, attributes; and how it said good-bye."""
    begun = ("I", mongo_log.STARTING, {"port": 27017})
    ended = [] if exit_code is None else [("I", mongo_log.ENDED, {"exitCode": exit_code})]
    return [{"t": TIME, "s": each[0], "msg": each[1], "attr": each[2]} for each in (begun, *told, *ended)]


@pytest.mark.parametrize(
    ("run", "evidence", "why"),
    [
        (lines(exit_code=0), ["it ended with exit code 0"], "it was told to stop; a start helps"),
        (lines(), [], mongo_log.KILLED),
        (
            lines(
                ("E", "Error setting up listener", {"error": {"errmsg": "Address already in use"}}),
                exit_code=48,
            ),
            [
                "mongod's log, 2026-11-26 09:30:00 UTC: Error setting up listener: Address already in use",
                "it ended with exit code 48",
            ],
            mongo_log.EXITS[48],
        ),
        (
            lines(
                ("F", "Fatal assertion", {"error": "at mongodb://u:open-sesame@h/"}), ("F", "aborting", {})
            ),
            [
                "mongod's log, 2026-11-26 09:30:00 UTC: Fatal assertion: at mongodb://…@h/",
                "it ended with exit code 14",
            ],
            mongo_log.EXITS[14],
        ),
        (lines(exit_code=77), ["it ended with exit code 77"], mongo_log.OTHERWISE),
    ],
    ids=["stopped", "killed", "port taken", "aborted", "unknown"],
)
def test_the_log_tells_why_it_ended(run: list[dict[str, Any]], evidence: list[str], why: str) -> None:
    words = mongo_log.judged(run)

    assert (list(words.evidence), words.why, words.is_corrupt) == (evidence, why, False)


def test_what_explains_its_end() -> None:
    full = lines(
        ("E", "WiredTiger error message", {"message": "write: No space left on device"}), exit_code=14
    )

    assert mongo_log.judged(lines()).due_to == ("memory",)
    assert mongo_log.judged(full).due_to == ("disk",)
    assert mongo_log.judged(lines(exit_code=0)).due_to == ()


def test_damaged_data_are_repaired_only_when_there_is_nothing_else(
    where: Whereabouts, tmp_path: Path
) -> None:
    words = mongo_log.judged(lines(DAMAGED, exit_code=14))
    latest = settings.BACKUP_DIR.resolve() / "mongodb" / "latest"
    deployed = replace(where, mode="production")
    shutil.rmtree(latest.parent, ignore_errors=True)

    last_resort = mongo_end.told(DEAD, words, deployed)
    of_three = mongo_end.told(DEAD, words, deployed, members=3)
    latest.mkdir(parents=True)
    (latest / "manifest.json").touch()
    with_backup = mongo_end.told(DEAD, words, replace(deployed, var=tmp_path))
    shutil.rmtree(latest.parent)

    assert last_resort.remedy == "sudo cp -a /var/lib/mongodb /var/lib/mongodb.damaged"
    assert "copy the directory first" in str(last_resort.cause)
    assert "mongod --repair --dbpath /var/lib/mongodb" in str(last_resort.cause)
    assert of_three.remedy == mongo_end.MEMBERS
    assert f"manage.py restore --from {latest}" in str(with_backup.cause)
    assert not any("--repair" in str(each) for each in (of_three, with_backup))


def test_a_server_without_a_log_is_told_as_before(where: Whereabouts) -> None:
    assert mongo_end.told(DEAD, None, where) is DEAD
    assert mongo_log.last_words(where, "db.example.com", 27017) is None
    assert mongo_log.last_words(replace(where, var=Path("/nowhere")), "localhost", 27017) is None


@pytest.mark.long
def test_one_that_was_killed_is_told_by_its_log(where: Whereabouts) -> None:
    var = Path(tempfile.mkdtemp(prefix="sbd-doctor-"))
    try:
        uri = str(embedded.start(var, tie_to_parent=True, preferred_ports=False, redis=False).mongodb_uri)
        kill(mongod_of(uri), uri)
        there = replace(where, var=var, mongodb=uri)

        found, another = mongo.look(there), mongo_log.last_words(there, "localhost", 1)
    finally:
        embedded.stop(var)
        shutil.rmtree(var, ignore_errors=True)

    assert found.evidence == (f"127.0.0.1:{port_of(uri)}: connection refused",)
    assert found.cause == f"MongoDB does not run: {mongo_log.KILLED}"
    assert found.due_to == ("memory",)
    assert another is None


def test_one_whose_port_was_taken_is_told_by_its_log(where: Whereabouts, tmp_path: Path) -> None:
    var = tmp_path / "var"
    Layout(var).prepare()
    taken = port_of(settings.MONGODB_URI)
    command = [str(binaries.find("mongod")), "--dbpath", str(Layout(var).mongodb), "--nounixsocket"]
    command += ["--bind_ip", ports.LOOPBACK, "--port", str(taken), "--logpath", f"{var}/log/mongod.log"]
    ended = subprocess.run(command, capture_output=True, check=False, timeout=60)

    found = mongo.look(replace(where, var=var, mongodb=None))

    assert (ended.returncode, found.result) == (48, Result.FAILED)
    assert found.evidence[-2].endswith(": Error setting up listener: Address already in use")
    assert found.evidence[-1] == "it ended with exit code 48"
    assert str(found.cause).endswith(mongo_log.EXITS[48])


# Logins --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """``host:port`` of a mongod that asks for a login."""
    data = Path(tempfile.mkdtemp(prefix="sbd-doctor-"))
    key, port = data / "key", next(ports.candidates(None, "MONGODB_URI"))
    key.touch(mode=0o600)
    key.write_text(secrets.token_hex(32))
    command = [str(binaries.find("mongod")), "--dbpath", str(data), "--nounixsocket", "--replSet", "sbd"]
    command += ["--bind_ip", ports.LOOPBACK, "--port", str(port), "--keyFile", str(key)]
    process = spawn(command, dict(os.environ, LC_ALL="C"), data / "mongod.log")
    try:
        until(lambda: ports.answers(port))
        with MongoClient[dict[str, Any]](ports.LOOPBACK, port, directConnection=True) as client:
            _fill(client, f"{ports.LOOPBACK}:{port}")
        yield f"{ports.LOOPBACK}:{port}"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(data, ignore_errors=True)


def _fill(client: MongoClient[dict[str, Any]], host: str) -> None:
    """Make it a set, and people: one with all that the product needs, one who may only read."""
    members = {"_id": "sbd", "members": [{"_id": 0, "host": host}]}
    client.admin.command("replSetInitiate", members)
    until(lambda: bool(client.admin.command("hello")["isWritablePrimary"]))
    root = ["root"]
    client.admin.command("createUser", "root", pwd=PASSWORD, roles=root)
    client.close()
    with MongoClient[dict[str, Any]](f"mongodb://root:{PASSWORD}@{host}/?directConnection=true") as admin:
        database = settings.DATABASES["default"]["NAME"]
        for user, roles in (
            ("sbd", [{"role": "readWriteAnyDatabase", "db": "admin"}, "clusterMonitor"]),
            ("reader", [{"role": "read", "db": database}]),
        ):
            admin.admin.command("createUser", user, pwd=PASSWORD, roles=roles)


def look_as(where: Whereabouts, login: str, host: str, options: str = "") -> Finding:
    return mongo.look(replace(where, mongodb=f"mongodb://{login}{host}/?replicaSet=sbd{options}"))


@pytest.mark.long
def test_the_login_of_the_service_and_its_roles_are_told(where: Whereabouts, guarded: str) -> None:
    found = look_as(where, f"sbd:{PASSWORD}@", guarded)

    assert found.evidence[1] == "as sbd with clusterMonitor, readWriteAnyDatabase"
    assert PASSWORD not in str(found)


def test_without_a_login_that_is_told(where: Whereabouts) -> None:
    assert mongo.look(where).evidence[1] == "without a login"


def test_a_login_that_lacks_a_role_is_told_apart_from_a_wrong_one(where: Whereabouts, guarded: str) -> None:
    reader = look_as(where, f"reader:{PASSWORD}@", guarded)
    wrong = look_as(where, "sbd:another@", guarded)
    none = look_as(where, "", guarded)

    assert [each.result for each in (reader, wrong, none)] == [Result.FAILED] * 3
    assert reader.evidence[0].endswith("; as reader with read, may not insert, remove, update")
    assert wrong.evidence == ("MongoDB refuses: AuthenticationFailed",)
    assert str(wrong.cause).startswith("user or password in MONGODB_URI are wrong")
    assert none.evidence == ("MongoDB refuses: Unauthorized",)
    assert str(none.cause).startswith("MONGODB_URI holds no user and password")
    assert "another" not in json.dumps(wrong.evidence)


def test_tls_that_only_one_side_speaks_is_told_as_that(where: Whereabouts, guarded: str) -> None:
    found = look_as(where, f"sbd:{PASSWORD}@", guarded, "&tls=true")

    assert (found.result, found.remedy) == (Result.FAILED, "grep -n -A 6 tls /etc/mongod.conf")
    assert found.evidence[0].startswith(f"{guarded}: TLS cannot be agreed on")


def test_one_that_closes_every_connection_may_want_tls(where: Whereabouts) -> None:
    class Closer(socketserver.BaseRequestHandler):
        """Closes what it is given, as a mongod does that wants TLS."""

    with socketserver.ThreadingTCPServer((ports.LOOPBACK, 0), Closer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        host = f"{ports.LOOPBACK}:{server.server_address[1]}"
        found = look_as(where, "", host)
        server.shutdown()
        thread.join()

    assert (found.result, found.evidence) == (Result.FAILED, (f"{host}: it closes the connection at once",))
    assert str(found.cause).startswith("it wants TLS and MONGODB_URI has none")
