"""A database with something in it, commands as a person types them, and a server that fails."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import bson
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from pymongo import MongoClient

from ops.backup import manifest, server
from ops.backup.places import Places
from ops.mongo.collections import Document
from tests.factories import Person, new_family, new_person
from tests.tokens.funds import account_of, issue

# What a restore itself changes: sessions end, tokens stay revoked, and an entry says that it was done.
CHANGED = frozenset({"sessions", "audit_log", "api_tokens"})
ROOT = Path(__file__).resolve().parent.parent.parent.parent
# As `manage.py`, in the tests' database.
SCRIPT = """
import sys, django
django.setup()
from django.core.management import call_command
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[1]
call_command(*sys.argv[2:])
"""


class Said(NamedTuple):
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str


class Server:
    """The tests' server, past everything that the product does with it."""

    def __init__(self) -> None:
        """Connect."""
        self.client = MongoClient[Document](settings.MONGODB_URI)
        self.database = self.client[database_name()]

    def fail(self, command: str, *, skip: int = 0, times: int | None = None, **how: Any) -> None:
        """Let a command of a backup or restore fail, or hang; after ``skip`` of them."""
        mode = {"times": times} if times else ({"skip": skip} if skip else "alwaysOn")
        data = {"failCommands": [command], "appName": server.APP_NAME, **how}
        self.client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": data})

    def mend(self) -> None:
        """Let nothing fail any more."""
        self.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    def digest(self) -> str:
        """Return the digest of all documents of the product's database, as MongoDB makes it."""
        return str(self.database.command("dbHash")["md5"])


def database_name() -> str:
    """Return the name of the tests' database."""
    name: str = connections["default"].settings_dict["NAME"]
    return name


def run(*words: str) -> Said:
    """Run a ``manage.py`` command in this process."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command(*words, stdout=out, stderr=err)
    except SystemExit as ended:
        status = int(str(ended.code))
    except CommandError as error:
        status = error.returncode
        err.write(str(error))
    return Said(status, out.getvalue(), err.getvalue())


def restored(places: Places, *words: str) -> tuple[int, str]:
    """Restore the latest backup; returns the exit status, and all that was printed."""
    said = run("restore", "--from", str(places.latest), "--apply", *words)
    return said.status, said.out + said.err


def spawned(*words: str) -> "subprocess.Popen[bytes]":
    """Start a ``manage.py`` command in a process of its own, on the tests' database."""
    environment = {**os.environ, "BACKUP_DIR": str(settings.BACKUP_DIR), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, database_name(), *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def new_founder(tokens: int = 100) -> Person:
    """Return somebody with a family and tokens."""
    person = new_person()
    new_family(person)
    issue(account_of(person)["_id"], tokens)
    return person


def stored(directory: Path, name: str) -> list[Document]:
    """Return the documents of a collection of a plain backup."""
    with (directory / f"{name}{manifest.DATA}").open("rb") as file:
        return list(bson.decode_file_iter(file))


def names(places: Places) -> list[str]:
    """Return what lies beside the backups of MongoDB, in order."""
    return sorted(each.name for each in places.mongodb.iterdir())
