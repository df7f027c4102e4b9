"""The database's profiler: on for a while, shown by shapes, off. Source: runbook inventory, R056."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ops import clock, origin
from ops.actors import Actor
from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.doctor.checks import profiler
from ops.mongo.collections import collection, control_collection
from ops.profiling import switching
from ops.profiling.slowest import slowest
from ops.tasks import keep_profiler
from tests.database import audit
from tests.factories import Person, new_family

MINUTES = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _off_again() -> Iterator[None]:
    yield
    command({"profile": 0, "slowms": 100})
    database()["system.profile"].drop()
    control_collection("profiling").delete({})


def database() -> Any:
    connection.ensure_connection()
    return connection.database  # type: ignore[attr-defined]  # the engine's


def command(words: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = database().command(words)
    return answer


def run(*words: str) -> str:
    said = io.StringIO()
    call_command("profile", *words, stdout=said)
    return said.getvalue()


def entries() -> list[tuple[str, str]]:
    return [(each["action"], each["actor"]) for each in audit() if each["target"] == "profiler"]


def test_it_records_what_is_slow_on_the_products_database_until_an_end_and_is_audited() -> None:
    before = clock.now()

    said = run("on", "--slowms", "250", "--for", "30m")

    assert command({"profile": -1})["was"] == 1
    assert command({"profile": -1})["slowms"] == 250
    told = control_collection("profiling").find_one({"_id": "profiler"}) or {}
    assert before + timedelta(minutes=30) <= told["until"] <= clock.now() + timedelta(minutes=30)
    assert said == f"What takes 250 ms or longer is recorded until {told['until']:%H:%M:%S} UTC.\n"
    assert entries() == [("profiler.begun", Actor.shell().id)]


def test_off_puts_the_servers_own_limit_back_and_is_audited_once() -> None:
    command({"profile": 0, "slowms": 170})
    run("on", "--slowms", "250")
    run("on", "--slowms", "300")

    assert run("off") == "The profiler is off.\n"
    assert run("off") == "The profiler was off.\n"

    stands = command({"profile": -1})
    assert (stands["was"], stands["slowms"]) == (0, 170)
    assert [action for action, _ in entries()] == ["profiler.begun", "profiler.begun", "profiler.ended"]


@pytest.mark.parametrize(
    ("words", "fault"),
    [(("--for", "2h"), "--for: at most 1:00:00"), (("--slowms", "0"), "--slowms: from 1 to 60000")],
)
def test_it_is_not_on_for_longer_than_anybody_remembers_nor_for_everything(
    words: tuple[str, ...], fault: str
) -> None:
    with pytest.raises(CommandError, match=fault):
        run("on", *words)

    assert command({"profile": -1})["was"] == 0
    assert entries() == []


def test_a_job_switches_it_off_at_its_end_and_not_before() -> None:
    now = clock.now()
    switching.begin(100, MINUTES, actor=Actor.shell(), now=now)

    assert keep_profiler() is False
    assert switching.end_if_due(now=now + MINUTES - timedelta(milliseconds=1)) is False
    assert command({"profile": -1})["was"] == 1
    assert switching.end_if_due(now=now + MINUTES) is True
    assert switching.end_if_due(now=now + MINUTES) is False

    assert command({"profile": -1})["was"] == 0
    assert entries() == [("profiler.begun", Actor.shell().id), ("profiler.ended", "system:beat")]


def test_the_slowest_are_shown_by_shape_with_who_asked_and_without_a_value(person: Person) -> None:
    new_family(person, "Secret Larks")
    command({"profile": 2})  # all, since nothing here is slow
    with origin.of("request-one", "GET /families"):
        collection("families").find({"name": "Secret Larks", "members.user_id": person.id}, limit=5)
        collection("families").find({"name": "Others", "members.user_id": "nobody"}, limit=5)
        collection("users").aggregate([{"$match": {"email": person.email}}, {"$limit": 1}])
        collection("families").update({"name": "Secret Larks"}, {"$set": {"settings.tone": "quiet"}})
    command({"profile": 0})

    shapes = {(each.operation, each.collection): each for each in slowest(50)}
    said = run("show")

    found = shapes["query", "families"]
    assert found.count == 2
    assert found.shape == "{filter: {name: str, members.user_id: str}, limit: int}"
    assert found.comment == "GET /families request-one"
    assert found.plan.startswith("IXSCAN")
    assert shapes["aggregate", "users"].shape == "{pipeline: [{$match: {email: str}}, {$limit: int}]}"
    assert shapes["update", "families"].comment == "GET /families request-one"
    assert shapes["update", "families"].shape.startswith("{q: {name: str}, u: {$set: {settings.tone: str}}")
    assert "GET /families request-one" in said
    assert said.startswith("The profiler is off.\n")
    for value in ("Larks", "Others", "quiet", person.email, person.id):
        assert value not in said


def test_what_was_recorded_stays_until_it_is_thrown_away() -> None:
    command({"profile": 2})
    collection("families").find({"name": "Owls"}, limit=5)

    run("off")
    assert "find" in run("show") or "query" in run("show")
    assert run("off", "--clear") == "The profiler was off. What it had recorded is gone.\n"
    assert run("show") == "The profiler is off.\nNothing is recorded.\n"


def look() -> Finding:
    return profiler.look(whereabouts.from_settings())


def test_doctor_finds_one_that_is_off_well() -> None:
    assert look() == Finding(Result.OK, ("off",))


def test_doctor_warns_of_one_that_is_on_and_says_until_when() -> None:
    until = switching.begin(150, MINUTES, actor=Actor.shell(), now=clock.now())

    found = look()

    assert found.result == Result.DEGRADED
    assert found.evidence == (
        "on level 1, what takes 150 ms or longer",
        f"until {until:%Y-%m-%d %H:%M:%S} UTC, by {Actor.shell().id}",
    )
    assert found.remedy == ".venv/bin/python manage.py profile off"


@pytest.mark.parametrize(
    ("words", "result", "cause"),
    [
        ({"profile": 2}, Result.FAILED, "it records every operation, with personal data, and costs writes"),
        (
            {"profile": 1, "slowms": 100},
            Result.DEGRADED,
            "somebody switched it on by hand, without an end",
        ),
    ],
    ids=["all operations, as R056 has it", "without an end"],
)
def test_doctor_finds_one_that_was_switched_on_by_hand(
    words: dict[str, Any], result: Result, cause: str
) -> None:
    command(words)

    found = look()

    assert (found.result, found.cause) == (result, cause)


def test_doctor_finds_one_that_is_on_past_its_end() -> None:
    switching.begin(100, MINUTES, actor=Actor.shell(), now=datetime(2026, 11, 1, tzinfo=UTC))

    found = look()

    assert (found.result, found.cause) == (Result.FAILED, "the job ops.profiling.keep does not run")
