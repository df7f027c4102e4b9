"""One mongod as a replica set of its own: how it is started, and when it can be written to."""

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.embedded import ports
from ops.embedded.errors import EmbeddedError
from ops.embedded.layout import Layout
from ops.embedded.tail import Tail

if TYPE_CHECKING:
    from pymongo import MongoClient

WIRED_TIGER = "log=(file_max=10MB,prealloc=false)"  # 10 MB on disk for an empty database, not 300
# The set elects itself, so these only decide how soon it notices what a test does to it.
SET_SETTINGS = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 660}
FATAL, ERROR = "F", "E"


class Mongod:
    """What the keeper must know of mongod."""

    name = "MongoDB"
    program = "mongod"
    setting = "MONGODB_URI"
    preferred_port = 27017

    def __init__(self, layout: Layout, binary: Path, *, test_commands: bool) -> None:
        """Take the directories, the program, and whether fail points may be set."""
        self.data = layout.mongodb
        self.log = Tail(layout.log / "mongod.log")
        self._binary = binary
        self._test_commands = test_commands
        self._client: MongoClient[dict[str, Any]] | None = None

    def argv(self, port: int) -> list[str]:
        """Return the command line."""
        parameters = {"transactionLifetimeLimitSeconds": 5, "diagnosticDataCollectionEnabled": "false"}
        if self._test_commands:
            parameters["enableTestCommands"] = 1
        return [
            str(self._binary),
            *("--dbpath", str(self.data), "--bind_ip", ports.LOOPBACK, "--port", str(port), "--nounixsocket"),
            *("--replSet", self.set_name(), "--oplogSize", "256"),
            *("--wiredTigerCacheSizeGB", "0.5", "--wiredTigerEngineConfigString", WIRED_TIGER),
            *("--quiet", "--logpath", str(self.log.path), "--logappend"),
            *(word for name, value in parameters.items() for word in ("--setParameter", f"{name}={value}")),
        ]

    def address(self, port: int) -> str:
        """Return the URI for everybody else."""
        return f"mongodb://{ports.LOOPBACK}:{port}/?replicaSet={self.set_name()}"

    def set_name(self) -> str:
        """Return the set's name, made once per data directory, so that two copies of it never join."""
        path = self.data / "replica-set"
        if not path.exists():
            path.write_text(f"sbd-{secrets.token_hex(4)}\n")
        return path.read_text().strip()

    def is_ready(self, port: int, pid: int) -> bool:
        """Bring the set one step nearer to a primary; true once it can be written to.

        Raises:
            EmbeddedError: the data belong to another set.
        """
        if not ports.answers(port):
            return False
        from pymongo.errors import PyMongoError  # noqa: PLC0415  # imported while mongod starts, not before

        try:
            admin = self._connected(port).admin
            if admin.command("serverStatus")["pid"] != pid:
                return False  # another's, which was quicker; ours is about to say so and end
            if admin.command("hello")["isWritablePrimary"]:
                self.disconnect()
                return True
            self._configure(port)
        except PyMongoError:
            # It says "not yet" in many words: still starting, configuration being loaded or in change.
            pass
        return False

    def disconnect(self) -> None:
        """Forget the connection, before another port is tried or when there is nothing left to do."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def last_words(self) -> str:
        """Return why it ended: the last fatal line of this run, else the last error, else the last line."""
        lines = [_parsed(line) for line in self.log.lines()]
        for severity in (FATAL, ERROR):
            if found := [line for line in lines if line.get("s") == severity]:
                return _sentence(found[0] if severity == FATAL else found[-1])
        return _sentence(lines[-1]) if lines else "it wrote nothing into its log"

    def lost_the_port(self) -> bool:
        """Tell whether it ended because somebody took its port first."""
        return any("Address already in use" in line for line in self.log.lines())

    def _connected(self, port: int) -> "MongoClient[dict[str, Any]]":
        if self._client is None:
            from pymongo import MongoClient  # noqa: PLC0415  # as above

            self._client = MongoClient(
                ports.LOOPBACK,
                port,
                directConnection=True,  # the set has no primary yet, and may still name another port
                serverSelectionTimeoutMS=1_000,
                socketTimeoutMS=5_000,
            )
        return self._client

    def _configure(self, port: int) -> None:
        client, name, host = self._connected(port), self.set_name(), f"{ports.LOOPBACK}:{port}"
        config = client["local"]["system.replset"].find_one()
        if config is None:
            members = [{"_id": 0, "host": host}]
            config = {"_id": name, "members": members, "settings": SET_SETTINGS}
            client.admin.command("replSetInitiate", config)
        elif config["_id"] != name:
            file = self.data / "replica-set"
            message = (
                f"The data in {self.data} belong to the set {config['_id']}: write that name into {file}"
            )
            raise EmbeddedError(message)
        elif config["members"][0]["host"] != host:
            # A member that does not find itself in the configuration waits for ever; nobody else can tell it.
            config["members"][0]["host"] = host
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)


def _parsed(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {"msg": line}


def _sentence(line: dict[str, Any]) -> str:
    attributes = line.get("attr") or {}
    detail = attributes.get("error") or attributes.get("reason") or attributes.get("message")
    return f"{line.get('msg', '')}: {detail}" if detail else str(line.get("msg", ""))
