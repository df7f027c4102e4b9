"""POST /admin/alerts: what Alertmanager sends, and what others try. Source: HTTP contract, section 14."""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.incidents import records
from ops.mongo.breaker import breaker
from ops.mongo.collections import Document, control_collection
from tests.api import Answer, Api
from tests.database import audit
from tests.factories import Person, new_staff
from tests.ops.incidents.conftest import SECRET
from tests.races import at_once
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("empty")
PATH = "/admin/alerts"
NOBODY_YET = "0001-01-01T00:00:00Z"
MANY = 1000 if os.environ.get("SBD_FULL") else 120
AT_ONCE = 32


@pytest.fixture
def monitoring(secret: str) -> Api:
    return Api(authorization=f"Bearer {secret}")


def sent(fingerprint: str = "a1", *, ended: bool = False, name: str = "NotReady", **labels: str) -> Document:
    began = clock.now() - timedelta(minutes=5)
    return {
        "status": "resolved" if ended else "firing",
        "labels": {"alertname": name, "severity": "p1", "section": "1", "kind": "outage", **labels},
        "annotations": {"summary": "It is not ready.", "command": "manage.py doctor"},
        "startsAt": f"{began.replace(microsecond=0, second=0).isoformat()[:19]}.123456789Z",
        "endsAt": f"{clock.now().isoformat()[:19]}Z" if ended else NOBODY_YET,
        "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
        "fingerprint": fingerprint,
    }


def body(*alerts: Document) -> Document:
    """Return a whole body of Alertmanager 0.25, with all that is not read."""
    return {
        "receiver": "outage",
        "status": "firing",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "NotReady"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com",
        "version": "4",
        "groupKey": '{}:{alertname="NotReady"}',
        "truncatedAlerts": 0,
    }


def every() -> list[Document]:
    return records.latest(100)


def test_what_the_monitoring_sends_is_an_incident(monitoring: Api) -> None:
    answer = monitoring.post(PATH, body(sent()))

    (made,) = every()
    assert answer.status == 200, answer.text
    assert [each["incident_id"] for each in answer.json["incidents"]] == [made["_id"]]
    assert answer.json["incidents"][0]["severity"] == "p1"
    assert (made["opened_by"], made["source"]) == ("system:monitoring", "alert")
    assert [each["actor_kind"] for each in audit("incident.opened")] == ["system"]


def test_an_older_secret_is_taken_as_well(secret: str) -> None:
    assert secret
    older = Api(authorization="Bearer an-older-one-of-the-monitoring-too-long")

    assert older.post(PATH, body(sent())).status == 200


def test_staff_who_may_sends_one_by_hand() -> None:
    operator: Person = new_staff(Role.OPERATOR)

    assert Api(operator).post(PATH, body(sent())).status == 200
    assert [each["opened_by"] for each in every()] == [operator.id]


@pytest.mark.parametrize("shown", ["Bearer wrong", "Bearer", "Basic b2Y6dGhl", "Bearer ", ""])
@pytest.mark.usefixtures("secret")
def test_a_forged_secret_or_none_is_401_with_the_command_and_changes_nothing(shown: str) -> None:
    answer = Api(authorization=shown).post(PATH, body(sent())) if shown else Api().post(PATH, body(sent()))

    assert answer.status == 401
    assert every() == []


def test_without_a_secret_in_the_settings_an_empty_one_opens_nothing(settings: Any) -> None:
    settings.MONITORING_SECRETS = ()

    assert Api(authorization="Bearer ").post(PATH, body(sent())).status == 401
    assert Api().post(PATH, body(sent())).json["details"]["hint"] == "manage.py incident"


def _changed(**changes: Any) -> Document:
    return body({**sent(), **changes})


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: {"alerts": []}, "alerts"),
        (lambda: {"alerts": "all"}, "alerts"),
        (lambda: {"alerts": [sent()] * 101}, "alerts"),
        (dict, "alerts"),
        (lambda: body({**sent(), "labels": {}}), "alerts.0.labels"),
        (lambda: _changed(labels={"alertname": 1}), "alerts.0.labels"),
        (lambda: body(sent(severity="critical")), "alerts.0.labels"),
        (lambda: body(sent(section="one")), "alerts.0.labels"),
        (lambda: _changed(fingerprint="$where"), "alerts.0.fingerprint"),
        (lambda: _changed(startsAt="2026-13-01T00:00:00Z"), "alerts.0.startsAt"),
        (lambda: _changed(startsAt="9999-01-01T00:00:00Z"), "alerts.0.startsAt"),
        (lambda: _changed(startsAt=5), "alerts.0.startsAt"),
        (lambda: _changed(status="on"), "alerts.0.status"),
        (lambda: _changed(labels={"alertname": "A", **{f"l{n}": "x" for n in range(40)}}), "alerts.0.labels"),
    ],
    ids=[
        *("empty", "text", "too_many", "missing", "no_name", "number", "severity", "section", "fingerprint"),
        *("no_day", "future", "start", "status", "labels"),
    ],
)
def test_what_is_not_as_it_must_be_is_named_and_nothing_of_it_is_taken(
    monitoring: Api, make: Any, field: str
) -> None:
    answer = monitoring.post(PATH, make())

    assert {name for name, _ in answer.faults} == {field}
    assert every() == []


def test_one_bad_alert_among_good_ones_takes_none_of_them(monitoring: Api) -> None:
    assert monitoring.post(PATH, body(sent(), sent("b2", kind="fire"))).status == 400
    assert every() == []


def test_replayed_and_reordered_calls_leave_one_incident(monitoring: Api) -> None:
    fired, ended = body(sent()), body(sent(ended=True))

    for each in (fired, fired, ended, fired, ended, ended, fired):
        assert monitoring.post(PATH, each).status == 200

    (made,) = every()
    kinds = [each["kind"] for each in records.events(made["_id"])]
    assert made["alerts"]["a1"]["ends_at"] is not None
    assert (kinds.count("alert"), kinds.count("alert_ended"), made["state"]) == (1, 1, "open")


def _persistent(call: Callable[[], Answer]) -> Answer:
    """Send it again as Alertmanager does: after what a server may say of being busy."""
    answer = call()
    while answer.status in {409, 429, 503}:
        answer = call()
    return answer


def test_many_at_once_leave_no_duplicate_and_lose_none(monitoring: Api) -> None:
    """Of 5 names with 20 series each, in many calls of many threads, each of them several times."""
    calls = [
        partial(monitoring.post, PATH, body(sent(f"{each % 100:x}", name=f"Alert{each % 5}")))
        for each in range(MANY)
    ]
    for first in range(0, MANY, AT_ONCE):
        batch = [partial(_persistent, call) for call in calls[first : first + AT_ONCE]]
        assert {each.status for each in at_once(batch)} == {200}

    made = every()
    assert sorted(each["about"] for each in made) == [f"alert:Alert{number}" for number in range(5)]
    kept = {fingerprint for each in made for fingerprint in each["alerts"]}
    assert kept == {f"{number:x}" for number in range(min(MANY, 100))}
    assert len(audit("incident.opened")) == 5


def test_while_the_database_is_away_it_is_503_and_what_is_sent_again_is_taken(
    monitoring: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.mongo.breaker._fault_of_any_kind", lambda: "away")
    breaker.trip()
    answer = monitoring.post(PATH, body(sent()))
    monkeypatch.undo()
    assert until(lambda: breaker.fault() is None)

    assert answer.problem == (503, "DATABASE_UNAVAILABLE")
    assert "Retry-After" in answer.headers
    assert every() == []
    again = Api(authorization=f"Bearer {SECRET}")
    assert again.post(PATH, body(sent())).status == 200
    assert len(every()) == 1


def test_control_characters_go_and_long_labels_are_cut(monitoring: Api) -> None:
    told = sent(instance="x\u202ey" + "z" * 900)

    assert monitoring.post(PATH, body(told)).status == 200

    (made,) = control_collection(records.NAME).find({}, limit=9)
    assert made["alerts"]["a1"]["labels"]["instance"] == "x y" + "z" * 297
