"""What each check says of real servers that answer, but not as they should."""

import http.server
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pymongo import MongoClient, ReadPreference
from redis import Redis

from ops.doctor.check import Result
from ops.doctor.checks import mongo, port, redis, schema
from ops.doctor.whereabouts import Whereabouts

INFO = ".venv/bin/python manage.py redis_cli info"


@pytest.fixture
def client() -> Iterator["Redis"]:
    with Redis.from_url(settings.REDIS_URL) as client:
        yield client


def test_both_servers_are_well(where: Whereabouts) -> None:
    assert (mongo.look(where).result, redis.look(where).result) == (Result.OK, Result.OK)


def test_a_transaction_must_not_live_for_a_minute(where: Whereabouts, admin: Any) -> None:
    admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 60})
    found = mongo.look(where)
    admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 5})

    assert found.result == Result.DEGRADED
    assert found.evidence[0].endswith("transactionLifetimeLimitSeconds 60, electionTimeoutMillis 2000")
    assert found.cause == "transactionLifetimeLimitSeconds was not set to 5"
    assert found.remedy == "grep -n -A 5 setParameter /etc/mongod.conf"


def test_an_election_must_not_last_for_ten_seconds(where: Whereabouts, admin: Any) -> None:
    configure(admin, electionTimeoutMillis=10_000)
    found = mongo.look(where)
    configure(admin, electionTimeoutMillis=2_000)

    assert found.result == Result.DEGRADED
    assert found.evidence[0].endswith("transactionLifetimeLimitSeconds 5, electionTimeoutMillis 10000")
    assert found.cause == "electionTimeoutMillis was not set to 2000"
    assert found.remedy == 'mongosh --quiet --eval "rs.conf().settings"'


@pytest.mark.parametrize("command", ["getParameter", "replSetGetConfig"])
def test_what_the_login_may_not_read_is_said(where: Whereabouts, admin: Any, command: str) -> None:
    refuse = {"failCommands": [command], "errorCode": 13, "appName": "sbd-doctor"}
    admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": refuse})
    found = mongo.look(where)
    admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    assert found.result == Result.OK
    assert found.evidence[0].count("may not be read") == 1


@pytest.mark.long
def test_a_primary_that_answers_nothing_in_time_hangs(where: Whereabouts, admin: Any) -> None:
    hang = {
        "failCommands": ["buildInfo"],
        "blockConnection": True,
        "blockTimeMS": 3_000,
        "appName": "sbd-doctor",
    }
    admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": hang})
    found = mongo.look(where)
    admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    assert found.result == Result.FAILED
    assert found.evidence[0].endswith(": no answer within 1.4 s")
    assert found.cause == "MongoDB hangs, or the network in between is broken"


def test_a_primary_that_stepped_down_leaves_no_primary(where: Whereabouts, admin: Any) -> None:
    admin.command({"replSetStepDown": 60, "force": True})
    found = mongo.look(where)
    with MongoClient[dict[str, Any]](settings.MONGODB_URI.split("?")[0], directConnection=True) as itself:
        itself.admin.command(
            {"replSetFreeze": 0}
        )  # it may be elected again, and a write below waits for that
    admin.command("hello", read_preference=ReadPreference.PRIMARY)

    assert found.result == Result.FAILED
    assert found.evidence[0].endswith("answers as RSSecondary")
    assert found.remedy == 'mongosh --quiet --eval "rs.status().members"'


@pytest.mark.long
@pytest.mark.parametrize("options", ["replicaSet=other", "replicaSet=other&directConnection=true"])
def test_a_set_of_another_name_is_not_ours(where: Whereabouts, options: str) -> None:
    found = mongo.look(with_mongodb(where, f"{settings.MONGODB_URI.split('?')[0]}?{options}"))

    assert found.result == Result.FAILED
    assert "to another replica set" in found.evidence[0]
    assert found.cause == "replicaSet in MONGODB_URI is not the set's name"


def test_a_wrong_password_is_refused_and_not_shown(where: Whereabouts) -> None:
    uri = settings.MONGODB_URI.replace("mongodb://", "mongodb://someone:open-sesame@")

    found = mongo.look(with_mongodb(where, uri))

    assert (found.result, found.evidence) == (Result.FAILED, ("MongoDB refuses: AuthenticationFailed",))
    assert "open-sesame" not in str(found)


@pytest.mark.parametrize("uri", ["postgres://u:open-sesame@h/", "mongodb://u:open@sesame@h/", "mongodb://"])
def test_what_is_no_address_of_mongodb_is_not_shown(where: Whereabouts, uri: str) -> None:
    found = mongo.look(with_mongodb(where, uri))

    assert found.evidence == ("MONGODB_URI is not an address of MongoDB",)
    assert "sesame" not in str(found)


@pytest.mark.long
def test_a_host_that_nobody_knows(where: Whereabouts) -> None:
    found = mongo.look(with_mongodb(where, "mongodb://nowhere.invalid:27017/?replicaSet=sbd"))

    assert found.result == Result.FAILED
    assert found.evidence[0].startswith("nowhere.invalid:27017: ")
    assert found.remedy == "nc -vz -w 3 nowhere.invalid 27017"


def test_the_demos_own_servers_are_started_with_make_run(where: Whereabouts) -> None:
    idle = replace(where, mongodb=None, redis=None)
    found = [check.look(idle) for check in (mongo, redis, schema)]

    assert [each.result for each in found] == [Result.FAILED, Result.FAILED, Result.COULD_NOT_LOOK]
    assert [each.remedy for each in found] == ["make run"] * 3


def test_in_production_the_units_are_looked_at() -> None:
    dead = Whereabouts(
        "production",
        Path("/nowhere"),
        1,
        "mongodb://127.0.0.1:1/?replicaSet=sbd",
        "redis://127.0.0.1:1/0",
    )

    assert [check.look(dead).remedy for check in (port, mongo, redis)] == [
        "sudo systemctl status sbd-api",
        "sudo systemctl status mongod",
        "sudo systemctl status redis",
    ]


def test_a_replica_refuses_writes(where: Whereabouts, client: "Redis") -> None:
    client.replicaof("127.0.0.1", "1")
    found = redis.look(where)
    client.replicaof("NO", "ONE")

    assert found.result == Result.FAILED
    assert found.evidence[0].endswith(": READONLY: it refuses writes")
    assert found.remedy == f"{INFO} replication"


def test_a_full_redis_refuses_writes(where: Whereabouts, client: "Redis") -> None:
    client.config_set("maxmemory", "1")
    found = redis.look(where)
    client.config_set("maxmemory", "0")

    assert found.result == Result.FAILED
    assert found.evidence[0].endswith(": OOM: it refuses writes")
    assert found.remedy == f"{INFO} memory"


def test_a_redis_that_cannot_save_refuses_writes(where: Whereabouts, client: "Redis") -> None:
    directory, file = (str(client.config_get(name)[name]) for name in ("dir", "dbfilename"))
    Path(directory, "in-the-way.rdb").mkdir()
    client.config_set("dbfilename", "in-the-way.rdb")
    client.bgsave()
    while client.info("persistence")["rdb_bgsave_in_progress"]:
        pass
    found = redis.look(where)
    client.config_set("dbfilename", file)
    Path(directory, "in-the-way.rdb").rmdir()
    client.save()

    assert found.result == Result.FAILED
    assert found.evidence[0].endswith(": MISCONF: it refuses writes")
    assert found.remedy == f"{INFO} persistence"


@pytest.mark.parametrize("login", ["", ":open-sesame@"])
def test_a_redis_that_refuses_the_login(where: Whereabouts, client: "Redis", login: str) -> None:
    client.config_set("requirepass", "another")
    found = redis.look(replace(where, redis=settings.REDIS_URL.replace("//", f"//{login}")))
    client.config_set("requirepass", "")

    assert found.result == Result.FAILED
    assert found.evidence[0].endswith(": it refuses the login")
    assert "open-sesame" not in str(found)


class Stranger(http.server.BaseHTTPRequestHandler):
    """Another program's answer."""

    def do_GET(self) -> None:
        """Answer."""
        body = b'{"status": "fine"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def test_another_web_server_on_the_port_is_not_ours(where: Whereabouts) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Stranger) as server:
        number: int = server.server_address[1]
        threading.Thread(target=server.handle_request).start()

        found = port.look(replace(where, web_port=number))

    assert found.result == Result.FAILED
    assert found.evidence[0].endswith(": an answer of another program")
    assert found.cause == "another program has taken the port, so the web process cannot start"


def with_mongodb(where: Whereabouts, uri: str) -> Whereabouts:
    return replace(where, mongodb=uri)


def configure(admin: Any, **changed: int) -> None:
    config = admin.command("replSetGetConfig")["config"]
    config["settings"] |= changed
    config["version"] += 1
    admin.command("replSetReconfig", config)
