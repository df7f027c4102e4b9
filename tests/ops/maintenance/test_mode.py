"""Maintenance: what it refuses, what it lets pass, and how it is known."""

import threading
from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from ops import clock, switches
from ops.actors import Actor
from ops.backup import records
from ops.jobs import heartbeats, standstill
from ops.maintenance import mode, switching
from ops.maintenance.errors import MaintenanceError
from ops.maintenance.gate import Gate
from ops.mongo.collections import collection, control_collection
from ops.mongo.unit_of_work import unit_of_work
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person
from tests.waiting import until

SHELL = Actor.shell()


@pytest.fixture(autouse=True)
def _over() -> Iterator[None]:
    yield
    switching.unmark()
    control_collection(switches.NAME).delete({"_id": mode.SWITCH})
    control_collection(heartbeats.NAME).delete({"role": {"$exists": True}})
    switches.forget()
    assert until(lambda: not mode.is_on())


def begin() -> None:
    switching.switch_on(reason="the disk is changed", actor=SHELL, now=clock.now())
    assert until(mode.is_on)


@unit_of_work()
def write() -> None:
    collection("notifications").insert({"_id": "not_1"})


def test_no_unit_begins_and_nothing_is_written() -> None:
    begin()

    with pytest.raises(MaintenanceError):
        write()

    assert documents("notifications") == {"notifications": []}


def test_what_it_was_switched_on_for_writes() -> None:
    begin()

    with mode.exempt():
        write()

    assert documents("notifications") == {"notifications": [{"_id": "not_1"}]}
    with pytest.raises(MaintenanceError):
        write()


def test_a_unit_that_is_open_comes_to_its_end() -> None:
    @unit_of_work()
    def slow() -> None:
        switching.mark()
        write()

    slow()

    assert documents("notifications") == {"notifications": [{"_id": "not_1"}]}


def test_the_file_alone_is_enough() -> None:
    switching.mark()

    assert mode.standing() == mode.BY_FILE
    with pytest.raises(MaintenanceError):
        write()


def test_calls_are_answered_503_and_told_when_to_come_again(person: Person) -> None:
    begin()

    answer = Api(person).get("/family/my-families")

    assert answer.problem == (503, "MAINTENANCE")
    assert answer.headers["Retry-After"] == "60"
    assert answer.json["retry_after"] == 60


def test_a_browser_gets_a_page_for_people() -> None:
    begin()

    answer = Client().get("/sign-in", headers={"Accept": "text/html"})

    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert b"The system is being maintained. It will be back in a while." in answer.content


def test_health_answers_and_readiness_says_why_it_is_not_ready() -> None:
    begin()

    assert Api().get("/health/live").status == 200
    assert Api().get("/health").status == 200
    answer = Api().get("/health/ready")
    assert (answer.status, answer.json["details"]) == (503, {"obstacles": ["maintenance"]})


def test_both_switchings_are_audited_and_the_second_of_each_does_nothing() -> None:
    first = switching.switch_on(reason="the disk is changed", actor=SHELL, now=clock.now())
    again = switching.switch_on(reason="another", actor=SHELL, now=clock.now())
    over = [switching.switch_off(actor=SHELL, now=clock.now()) for _ in range(2)]

    assert (again["since"], again["by"]) == (first["since"], SHELL.id)
    assert over == [True, False]
    (begun,) = audit("maintenance.begun")
    assert (begun["actor"], begun["private"]["reason"]) == (SHELL.id, "the disk is changed")
    assert len(audit("maintenance.ended")) == 1


def test_who_begins_while_it_is_switched_on_is_seen_at_work_or_is_refused() -> None:
    gate, inside, may_end = Gate(), threading.Event(), threading.Event()

    def work() -> None:
        with gate.work():
            inside.set()
            may_end.wait(10)

    worker = threading.Thread(target=work)
    worker.start()
    inside.wait(10)
    switching.mark()

    assert not gate.is_idle()
    with pytest.raises(MaintenanceError), gate.work():
        pytest.fail("it began")
    may_end.set()
    worker.join()
    assert gate.is_idle()


def test_only_processes_that_live_are_waited_for_until_they_confirm_this_time_of_it() -> None:
    begin()
    alive = {"since": clock.now(), "now": clock.now()}
    heartbeats.alive("web", **alive, stands_still="2026-01-01T00:00:00+00:00")
    here = [
        f"web {each['pid']} on {each['host']}" for each in heartbeats.every() if each.get("role") == "web"
    ]
    killed = {"_id": "worker:gone", "role": "worker", "pid": 2**22 + 1, "seen_at": clock.now()}
    control_collection(heartbeats.NAME).insert(
        killed | {"host": heartbeats.every()[0]["host"]},
        {
            "_id": "beat:late",
            "role": "beat",
            "pid": 1,
            "host": "elsewhere",
            "seen_at": clock.now().replace(year=2020),
        },
    )

    assert standstill.unconfirmed() == here

    heartbeats.alive("web", **alive, stands_still=mode.standing())
    assert standstill.await_all(5.0) == []


def test_the_file_lies_where_the_proxy_looks_for_it() -> None:
    assert settings.METRICS_DIR.parent / "maintenance" == settings.MAINTENANCE_FILE


def test_it_stays_on_while_a_restore_has_not_ended() -> None:
    begin()
    records.mark_unfinished({"from": "latest", "begun_at": clock.now()})
    try:
        with pytest.raises(CommandError, match="A restore has not come to its end"):
            call_command("maintenance", "off")
        assert mode.is_on()

        call_command("maintenance", "off", "--force", stdout=StringIO())
        assert until(lambda: not mode.is_on())
    finally:
        records.mark_finished()
