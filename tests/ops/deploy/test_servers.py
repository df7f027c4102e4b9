"""The shipped files of MongoDB, Redis and logrotate, taken by the real programs."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from redis import Redis

from ops.backup import redis_copy
from ops.embedded import binaries, ports
from tests.faults.conftest import spawn, until
from tests.ops.deploy import shipped
from tests.tools import require


class Mongod:
    """mongod with the shipped file: with sign-in, and without a set so far."""

    def __init__(self, at: Path) -> None:
        """Start it."""
        self.port = next(ports.candidates(None, "MONGODB_URI"))
        self.log = at / "mongod.log"
        key, data = at / "mongod.key", at / "data"
        key.write_bytes(base64.b64encode(os.urandom(96)))
        key.chmod(0o400)
        data.mkdir()
        words = {
            "/var/lib/mongodb": str(data),
            "/var/log/mongodb/mongod.log": str(self.log),
            "/etc/mongod.key": str(key),
            "port: 27017": f"port: {self.port}",
        }
        (at / "mongod.conf").write_text(shipped.rewritten("mongodb/mongod.conf", words))
        command = [str(binaries.find("mongod")), "--config", str(at / "mongod.conf"), "--nounixsocket"]
        self._process = spawn(command, dict(os.environ, LC_ALL="C"), at / "mongod.out")
        until(lambda: ports.answers(self.port))

    def client(self, user: str | None = None, password: str | None = None) -> MongoClient[dict[str, Any]]:
        """Return a client of it."""
        return MongoClient("127.0.0.1", self.port, directConnection=True, username=user, password=password)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(60)


@pytest.fixture(scope="module")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    mongod = Mongod(tmp_path_factory.mktemp("mongod"))
    yield mongod
    mongod.stop()


def test_mongod_takes_the_file_and_lets_nobody_in_but_the_first(mongod: Mongod) -> None:
    with mongod.client() as client:
        assert client.admin.command("hello")["isreplicaset"] is True
        with pytest.raises(OperationFailure, match="not authorized"):
            client["second_brain_database"].command("listCollections")


@pytest.mark.long
def test_the_script_makes_the_set_and_the_users_and_the_runbooks_lines_mean_ours(
    request: pytest.FixtureRequest, mongod: Mongod, tmp_path: Path
) -> None:
    mongosh = require(request.config, os.environ.get("MONGOSH", "mongosh"), "mongosh")
    made = _initiate(mongosh, mongod, tmp_path)
    again = _initiate(mongosh, mongod, tmp_path, SBD_ROOT_PASSWORD=made["SBD_ROOT_PASSWORD"])

    assert set(made) == {"SBD_ROOT_PASSWORD", "SBD_APP_PASSWORD", "SBD_OPERATOR_PASSWORD"}
    assert again == {}
    with mongod.client("sbd", made["SBD_APP_PASSWORD"]) as client:
        client["second_brain_database"]["families"].insert_one({"_id": "fam_1"})
        client["second_brain_control"]["switches"].insert_one({"_id": "maintenance"})
        client["second_brain_database"].command("profile", 0)
        asked = client.admin.command({"getParameter": 1, "transactionLifetimeLimitSeconds": 1})
        assert asked["transactionLifetimeLimitSeconds"] == 5
        config = client.admin.command("replSetGetConfig")["config"]["settings"]
        assert (config["electionTimeoutMillis"], config["heartbeatIntervalMillis"]) == (2000, 660)
        with pytest.raises(OperationFailure, match="not authorized"):
            client["elsewhere"]["documents"].insert_one({})
    _read_as_operator(mongosh, mongod, tmp_path, made["SBD_OPERATOR_PASSWORD"])


def _initiate(mongosh: str, mongod: Mongod, home: Path, **given: str) -> dict[str, str]:
    """Run the script; returns the passwords that it has made."""
    address = f"mongodb://localhost:{mongod.port}/?directConnection=true"
    words = [mongosh, "--quiet", address, str(shipped.DEPLOY / "mongodb" / "initiate.js")]
    environment = os.environ | {"HOME": str(home), "SBD_MEMBERS": f"localhost:{mongod.port}"} | given
    ran = subprocess.run(words, env=environment, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"set sbd: localhost:{mongod.port}" in ran.stdout
    return dict(line.split("=", 1) for line in ran.stdout.splitlines() if line.startswith("SBD_"))


def _read_as_operator(mongosh: str, mongod: Mongod, home: Path, password: str) -> None:
    """Type the runbook's lines as an operator to whom the shipped files were given."""
    login = home / ".sbd-mongo.json"
    login.write_text(json.dumps({"user": "operator", "password": password}))
    login.chmod(0o600)
    (home / ".mongoshrc.js").write_text(shipped.rewritten("mongodb/mongoshrc.js", {}))

    def typed(line: str) -> "subprocess.CompletedProcess[str]":
        words = [str(shipped.DEPLOY / "mongodb" / "mongosh"), "--quiet", "--port", str(mongod.port)]
        environment = os.environ | {"HOME": str(home), "SBD_MONGOSH": mongosh}
        return subprocess.run(
            [*words, "--eval", line], env=environment, check=False, capture_output=True, text=True
        )

    assert typed("db.families.countDocuments()").stdout.strip() == "1"
    assert typed("db.getName()").stdout.strip() == "second_brain_database"
    assert typed("rs.status().members[0].stateStr").stdout.strip() == "PRIMARY"
    assert "available" in typed("db.serverStatus().connections").stdout
    assert "was: 0" in typed("db.setProfilingLevel(0, {slowms: 100})").stdout
    assert "ok: 1" in typed("db.killOp(1)").stdout
    assert "not authorized" in typed("db.families.deleteMany({})").stderr
    login.chmod(0o644)
    assert "others can read" in typed("db.families.countDocuments()").stderr


REDIS = {
    "redis-cache.conf": ("6379", "/var/lib/redis", {"appendonly": "no", "maxmemory-policy": "volatile-lru"}),
    "redis-broker.conf": (
        "6380",
        "/var/lib/redis-broker",
        {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""},
    ),
}


@contextmanager
def redis_from(name: str, at: Path) -> Iterator[Redis]:
    """A redis-server with a shipped file, and its data below ``at``; it ends in order."""
    usual, data, _ = REDIS[name]
    port = next(ports.candidates(None, "REDIS_URL"))
    text = shipped.rewritten(f"redis/{name}", {f"port {usual}": f"port {port}", f"dir {data}": f"dir {at}"})
    for word in ("/var/log/redis", "/run/redis", "/run/sbd-redis-broker"):
        text = text.replace(word, str(at))
    (at / name).write_text(text)
    server = spawn([str(binaries.find("redis-server")), str(at / name)], dict(os.environ), at / "out")
    until(lambda: ports.answers(port))
    with Redis(port=port, decode_responses=True) as redis:
        yield redis
    server.terminate()
    server.wait(60)


@pytest.mark.parametrize("name", REDIS)
def test_redis_takes_the_file_and_keeps_what_it_says(tmp_path: Path, name: str) -> None:
    expected = REDIS[name][2]
    with redis_from(name, tmp_path) as redis:
        found: Any = redis.config_get("*")
        redis.set("kept", "1")

    assert {key: found[key] for key in expected} == expected
    assert found["maxmemory"] == str(512 * 2**20)
    assert "Ready to accept connections" in next(tmp_path.glob("*.log")).read_text()
    kept = "dump.rdb" if expected["appendonly"] == "no" else "appendonly*"
    assert list(tmp_path.glob(kept))


def test_r096_to_r099_the_copy_in_a_backup_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "backups" / "dump.rdb"
    copy.parent.mkdir()
    with redis_from("redis-cache.conf", tmp_path) as redis:
        redis.set("session:before", "1", ex=3600)
        address = redis.connection_pool.connection_kwargs
        monkeypatch.setattr(settings, "REDIS_URL", f"redis://127.0.0.1:{address['port']}/0")
        redis_copy.fetch(copy)
        redis.set("session:after", "1")
    # Stopped, it has written a file of its own; the copy takes its place.
    shutil.copy(copy, tmp_path / "dump.rdb")

    with redis_from("redis-cache.conf", tmp_path) as redis:
        keyspace: Any = redis.info("keyspace")
        assert keyspace["db0"]["keys"] == 1
        assert redis.get("session:before") == "1"


def test_logrotate_takes_the_files(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    logrotate = require(request.config, "logrotate")
    for source in sorted((shipped.DEPLOY / "logrotate").iterdir()):
        # Owners that this machine need not have.
        text = source.read_text().replace("mongodb adm", "root root").replace("redis adm", "root root")
        copy = tmp_path / source.name
        copy.write_text(text)
        copy.chmod(0o644)
        words = [logrotate, "--debug", "--state", str(tmp_path / "state"), str(copy)]
        ran = subprocess.run(words, check=False, capture_output=True, text=True)

        assert (ran.returncode, "error:" in ran.stderr) == (0, False), ran.stderr
        assert "rotating pattern: /var/log/" in ran.stderr
