"""Lists as files: all that a filter leaves, in the list's order, batch by batch, told to the audit log."""

import csv
import io
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

import orjson
import pymongo
import pytest
from django.db.utils import DatabaseError
from pymongo.errors import PyMongoError

from ops import clock, deadline
from ops.console import exports
from ops.errors import DomainError
from ops.mongo.collections import collection
from tests import commands, limits
from tests.console import LIST, Console
from tests.database import audit
from tests.factories import Person, new_family, new_person
from tests.ops.test_console_lists import new_users

USERS = LIST["users"]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)


def rows(console: Console, which: str, **query: str) -> list[dict[str, Any]]:
    answer = console.get(f"{LIST[which]}export.ndjson", **query)
    assert answer.status == 200
    return [orjson.loads(line) for line in answer.html.splitlines()]


def table(console: Console, which: str, **query: str) -> list[list[str]]:
    answer = console.get(f"{LIST[which]}export.csv", **query)
    assert answer.status == 200
    return list(csv.reader(io.StringIO(answer.html)))


def test_a_file_has_every_row_that_the_filter_leaves_in_the_order_of_the_list(console: Console) -> None:
    new_users(7)

    heads, *lines = table(console, "users", is_staff="no")

    assert heads == ["id", "username", "email", "is active", "is staff", "registered", "ids"]
    assert [line[1] for line in lines] == [f"user-{number}" for number in reversed(range(7))]
    assert lines[0][2:5] == ["user-6@example.com", "yes", "no"]
    assert [each["username"] for each in rows(console, "users", q="operator")] == ["operator"]


def test_rows_of_the_same_time_come_once_each(
    console: Console, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    new_users(5, apart=timedelta(0))
    collection("audit_log").update_all({}, {"$set": {"at": clock.now()}})

    users = [each["id"] for each in rows(console, "users")]
    entries = [each["id"] for each in rows(console, "audit", actor=people["ada"].id)]

    assert len(users) == len(set(users)) == 10
    assert sorted(entries) == sorted(each["_id"] for each in audit() if each["actor"] == people["ada"].id)
    assert len(entries) > exports.AT_ONCE


def test_links_are_names_and_their_ids_stand_beside_them(console: Console) -> None:
    ada = new_person("ada")
    family = new_family(ada, "Larks & <Owls>")

    (row,) = rows(console, "families")

    assert (row["name"], row["admins"], row["people"]) == ("Larks & <Owls>", "ada", 1)
    assert row["ids"] == {"admins": [ada.id], "account": [family["account_id"]]}


def test_ids_of_what_one_may_not_see_stand_in_no_batch(helper: Person) -> None:
    collection("staff_roles").update({"_id": "helper"}, {"$set": {"permissions": ["families.view_family"]}})
    for number in range(3):
        new_family(new_person(f"founder-{number}"), f"Family {number}")

    made = rows(Console(helper), "families")

    assert [each["ids"] for each in made] == [{}, {}, {}]


def test_every_cell_stands_below_its_head(console: Console) -> None:
    answer = console.get("/admin/identity/staffrole/export.csv")

    heads, *lines = csv.reader(io.StringIO(answer.html))

    assert heads == ["id", "May", "ids"]
    assert [line[0] for line in lines if line[0] in {"auditor", "support"}] == ["auditor", "support"]
    assert {len(line) for line in lines} == {3}


def test_numbers_are_numbers_and_times_are_utc(console: Console) -> None:
    ada = new_person("ada")
    collection("sbd_accounts").update({"owner.id": ada.id}, {"$set": {"balance": 1234567}})
    console.client.cookies["console_zone"] = "Asia/Kolkata"
    (user,) = collection("users").find({"_id": ada.id}, limit=1)

    (row,) = rows(console, "accounts", owner=ada.id)

    assert row["tokens"] == 1234567
    assert rows(console, "users", q="ada")[0]["created"] == f"{user['created_at']:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert "1234567" in table(console, "accounts", owner=ada.id)[1]


@pytest.mark.parametrize("opens", ["=", "+", "-", "@", "\t=", "\r=", "\n="])
def test_no_cell_is_a_formula(console: Console, opens: str) -> None:
    (user,) = new_users(1)
    collection("users").update({"_id": user}, {"$set": {"username": f"{opens}SUM(A1)"}})

    lines = table(console, "users", is_staff="no")

    assert lines[1][1] == f"'{opens}SUM(A1)"


@pytest.mark.parametrize("query", [{"is_staff": "maybe"}, {"password": "x"}, {"created_at": "soon"}])
def test_what_the_list_does_not_take_is_refused(console: Console, query: dict[str, str]) -> None:
    assert console.get(f"{USERS}export.csv", **query).status == 400
    assert audit(exports.BEGUN) == []


def test_a_file_is_for_those_who_see_the_list(helper: Person) -> None:
    console = Console(helper)

    assert console.get(f"{USERS}export.csv").status == 200
    assert console.get(f"{LIST['audit']}export.csv").status == 403
    assert console.post(f"{USERS}export.csv").status == 405
    assert Console().get(f"{USERS}export.csv").goes_to.startswith("/admin/login/")
    assert [each["after"]["list"] for each in audit(exports.BEGUN)] == ["identity.user"]


def test_entries_of_no_account_are_not_exported(console: Console) -> None:
    assert console.get("/admin/tokens/sbdentry/export.ndjson").html == ""


def test_who_took_what_is_told_when_it_begins_and_when_it_ends(console: Console, staff: Person) -> None:
    new_users(3)

    table(console, "users", is_staff="no")

    (began,), (ended,) = audit(exports.BEGUN), audit(exports.ENDED)
    assert (began["actor"], began["target"], began["private"]["filter"]) == (
        staff.id,
        staff.id,
        "is_staff=no",
    )
    assert ended["after"] == {
        "list": "identity.user",
        "form": "csv",
        "began": began["_id"],
        "rows": 3,
        "complete": True,
    }


def test_one_that_is_broken_off_is_told_as_such(console: Console) -> None:
    new_users(5)
    answer: Any = console.client.get(f"{USERS}export.csv", {"is_staff": "no"})
    pieces = iter(answer.streaming_content)
    next(pieces), next(pieces)

    answer.close()

    (ended,) = audit(exports.ENDED)
    assert ended["after"]["complete"] is False
    assert ended["after"]["rows"] == 2


def test_an_end_is_told_though_the_time_of_the_file_is_over(console: Console) -> None:
    new_users(5)
    answer: Any = console.client.get(f"{USERS}export.csv", {"is_staff": "no"})
    pieces = iter(answer.streaming_content)
    next(pieces)

    with deadline.within(0.0), pymongo.timeout(0.001):
        with pytest.raises((DatabaseError, PyMongoError, DomainError)):
            list(pieces)
        answer.close()

    (ended,) = audit(exports.ENDED)
    assert ended["after"]["complete"] is False


def test_files_that_are_read_slowly_leave_threads_to_others(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_places", BoundedSemaphore(1))
    new_users(5)
    slow: Any = console.client.get(f"{USERS}export.csv")

    refused = console.get(f"{USERS}export.ndjson")
    slow.close()

    assert (refused.status, refused.raw.headers["Retry-After"]) == (503, "60")
    assert len(audit(exports.BEGUN)) == len(audit(exports.ENDED)) == 1
    assert len(rows(console, "users")) == 6


def test_files_are_counted_against_a_limit_of_their_own(console: Console) -> None:
    with limits.as_in_the_table():
        answers = [console.get(f"{USERS}export.csv", q="nobody").status for _ in range(61)]

    assert answers == [200] * 60 + [429]


def test_a_batch_costs_the_same_wherever_it_is(console: Console) -> None:
    new_users(3)
    with commands.recorded() as sent:
        rows(console, "users", is_staff="no")
    fewer = commands.names(sent)
    new_users(4, first=3)

    with commands.recorded() as sent:
        rows(console, "users", is_staff="no")

    more = [each for each in commands.names(sent) if each == "aggregate"]
    assert len(more) - fewer.count("aggregate") == 2


def test_a_head_hands_nothing_out(console: Console) -> None:
    answer = console.client.head(f"{USERS}export.csv")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert audit(exports.BEGUN) == []
