"""``manage.py sessions``: where somebody is signed in, and an end of it. Runbook R069."""

import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ops.redis import store
from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_person
from tests.visitor import Visitor

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
WHY = "Lost device"
MEMBERS = ["session_id", "kind", "device", "address", "created_at", "last_seen_at", "expires_at"]
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d"


def said(*words: str, **options: Any) -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("sessions", *words, stdout=out, **options)
    return out.getvalue()


def sign_in(person: Person) -> str:
    body = {"username": person.username, "password": PASSWORD}
    return str(Api(user_agent=FIREFOX).post("/auth/login", body).json["session_id"])


def test_the_sessions_in_force_are_listed_newest_first(person: Person) -> None:
    other = sign_in(person)
    new_person()
    store().flushall()  # the truth is the collection

    lines = said("list", "--user", person.username).splitlines()

    times = rf"opened {TIME}, seen {TIME}, ends {TIME} UTC"
    assert re.fullmatch(rf"{other}  api      Firefox on Linux, 127\.0\.0\.1  {times}", lines[0])
    assert re.fullmatch(rf"{person.session_id}  api      .+, no address  {times}", lines[1])
    assert len(lines) == 2


def test_a_program_reads_the_same(person: Person) -> None:
    other = sign_in(person)

    told = json.loads(said("list", "--json", "--user", person.email))

    assert [each["session_id"] for each in told] == [other, person.session_id]
    assert [list(each) for each in told] == [MEMBERS, MEMBERS]
    assert [told[0][name] for name in MEMBERS[1:4]] == ["api", "Firefox on Linux", "127.0.0.1"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", told[0]["created_at"])


def test_all_sessions_end_at_once_and_with_one_entry(person: Person, stranger: Person) -> None:
    assert Visitor(person).is_signed_in
    other, entries = sign_in(person), len(audit())

    told = said("end", "--user", person.username, reason=WHY)

    assert told == f"{person.username}: 3 sessions have ended.\n"
    assert Api(person).get("/auth/me").problem == (401, "INVALID_TOKEN")
    assert Api(stranger).get("/auth/me").status == 200
    (entry,) = audit()[entries:]
    assert (entry["action"], entry["target"], entry["private"]["reason"]) == (
        "session.revoked",
        person.id,
        WHY,
    )
    assert {person.session_id, other} < set(entry["after"]["sessions"])
    assert said("list", "--user", person.username) == f"{person.username} is signed in nowhere.\n"
    assert said("list", "--json", "--user", person.username) == "[]\n"


def test_nothing_to_end_leaves_no_entry(person: Person) -> None:
    said("end", "--user", person.username, reason=WHY)
    before = documents("sessions", "audit_log")

    again = said("end", "--user", person.username, reason=WHY)

    assert again == f"{person.username}: 0 sessions have ended.\n"
    assert documents("sessions", "audit_log") == before


@pytest.mark.parametrize("way", [["list"], ["end", "--reason", WHY]])
def test_nobody_has_no_sessions(way: list[str]) -> None:
    with pytest.raises(CommandError, match="There is no user nobody"):
        said(*way, "--user", "nobody")


def test_an_end_needs_a_reason(person: Person) -> None:
    for words in (["end"], ["end", "--reason", "why"]):
        with pytest.raises(CommandError):
            said(*words, "--user", person.username)

    assert Api(person).get("/auth/me").status == 200


@pytest.mark.parametrize("way", [["list"], ["end", "--reason", WHY]])
def test_without_mongodb_it_says_so_in_one_line(way: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(MANAGE), "sessions", *way, "--user", "ada"],
        env=os.environ | {"MONGODB_URI": "mongodb://u:open-sesame@127.0.0.1:1/?replicaSet=sbd"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "CommandError: MongoDB cannot be reached; nothing was changed.\n"
