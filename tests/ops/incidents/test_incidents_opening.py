"""Incidents from alerts, from doctor and by hand: none twice, none lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ops.actors import Actor
from ops.doctor import recording
from ops.incidents import opening, records
from ops.incidents.alerts import MOST_EPISODES, Alert, News, news, remembered
from ops.incidents.kinds import Kind, Severity
from ops.mongo import turns
from ops.mongo.collections import Document, control_collection
from tests.database import audit
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("empty")
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Whom it concerns, as this machine's settings have it.
TOLD = {"told", "noted"}
MONITORING, ADA = Actor.system("monitoring"), Actor.shell()


def alert(
    fingerprint: str = "a1", *, starts: datetime = NOW, ends: datetime | None = None, **more: Any
) -> Alert:
    told: dict[str, Any] = {
        "name": "NotReady",
        "severity": Severity.P2,
        "kind": Kind.OUTAGE,
        "section": 1,
        "labels": {"alertname": "NotReady"},
        "summary": "It is not ready.",
        "command": "manage.py doctor",
    }
    return Alert(fingerprint=fingerprint, starts_at=starts, ends_at=ends, **(told | more))


def taken(*alerts: Alert, now: datetime = NOW) -> list[Document]:
    return opening.take_alerts(alerts, actor=MONITORING, now=now)


def every() -> list[Document]:
    return records.latest(100)


def kinds(incident: Document) -> list[str]:
    return [each["kind"] for each in records.events(incident["_id"]) if each["kind"] not in TOLD]


def resolved(incident: Document, at: datetime) -> None:
    control_collection(records.NAME).update(
        {"_id": incident["_id"]}, {"$set": {"state": "resolved", "resolved_at": at}}
    )


def test_an_alert_opens_an_incident_with_its_clocks_and_whom_it_concerns_is_told() -> None:
    (made,) = taken(alert())

    assert (made["kind"], made["severity"], made["section"], made["about"]) == (
        *("outage", "p2", 1, "alert:NotReady"),
    )
    assert (made["acknowledge_by"], made["fix_by"]) == (NOW + HOUR, NOW + 4 * HOUR)
    assert made["alerts"]["a1"]["ends_at"] is None
    assert kinds(made) == ["opened", "public", "alert"]
    assert [each["target"] for each in audit("incident.opened")] == [made["_id"]]
    assert control_collection("incident_pages").find({"incident": made["_id"]}, limit=9)


def test_the_same_alert_again_changes_nothing() -> None:
    (made,) = taken(alert())

    assert taken(alert(), alert(), now=NOW + HOUR) == [made]
    assert kinds(made) == ["opened", "public", "alert"]


def test_alerts_of_one_name_join_and_a_worse_one_makes_it_worse() -> None:
    (made,) = taken(alert())
    (joined,) = taken(alert("b2", severity=Severity.P1), now=NOW + MINUTE)

    assert joined["_id"] == made["_id"]
    assert (joined["severity"], sorted(joined["alerts"])) == ("p1", ["a1", "b2"])
    assert joined["acknowledge_by"] == NOW + 16 * MINUTE
    assert kinds(made) == ["opened", "public", "alert", "severity", "alert"]


def test_an_end_is_an_event_and_an_old_end_does_not_end_a_new_episode() -> None:
    (made,) = taken(alert())
    (ended,) = taken(alert(ends=NOW + MINUTE), now=NOW + MINUTE)
    (anew,) = taken(alert(starts=NOW + 2 * MINUTE), now=NOW + 2 * MINUTE)
    (still,) = taken(alert(ends=NOW + MINUTE), now=NOW + 3 * MINUTE)

    assert (ended["state"], ended["alerts"]["a1"]["ends_at"]) == ("open", NOW + MINUTE)
    assert anew["alerts"]["a1"]["ends_at"] is None
    assert still == anew
    assert len(every()) == 1
    assert kinds(made)[2:] == ["alert", "alert_ended", "alert"]


def test_a_replayed_firing_of_what_has_ended_reopens_nothing() -> None:
    (made,) = taken(alert())
    taken(alert(ends=NOW + MINUTE), now=NOW + MINUTE)
    resolved(made, NOW + 20 * MINUTE)

    for later in (21 * MINUTE, 30 * HOUR):
        (same,) = taken(alert(), now=NOW + later)
        assert (same["_id"], same["state"]) == (made["_id"], "resolved")
    assert len(every()) == 1


def test_an_end_that_comes_before_its_beginning_opens_nothing_either_way() -> None:
    assert taken(alert(ends=NOW + MINUTE)) == []
    assert taken(alert()) == []
    assert every() == []


@pytest.mark.parametrize(("after", "number"), [(59 * MINUTE, 1), (60 * MINUTE, 2)])
def test_what_fires_within_an_hour_is_the_same_incident_and_later_another(
    after: timedelta, number: int
) -> None:
    (made,) = taken(alert())
    resolved(made, NOW)

    (again,) = taken(alert(starts=NOW + after), now=NOW + after)

    assert (again["state"], again["resolved_at"], len(every())) == ("open", None, number)
    assert (again["_id"] == made["_id"]) == (number == 1)
    assert again["acknowledge_by"] == NOW + after + HOUR


def test_from_many_at_once_there_is_one_incident_with_all_alerts() -> None:
    calls = [lambda each=each: taken(alert(f"{each % 8:x}")) for each in range(32)]

    found = {each["_id"] for (each,) in at_once(calls)}

    (made,) = every()
    assert found == {made["_id"]}
    assert sorted(made["alerts"]) == [f"{each:x}" for each in range(8)]
    assert kinds(made).count("alert") == 8
    assert len(audit("incident.opened")) == 1


def test_without_turns_the_database_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """As between processes, which know nothing of each other's turns."""
    monkeypatch.setattr(turns, "take", lambda *_: None)
    calls = [lambda each=each: taken(alert(f"{each % 4:x}")) for each in range(12)]

    assert len({each["_id"] for (each,) in at_once(calls)}) == 1
    (made,) = every()
    assert sorted(made["alerts"]) == ["0", "1", "2", "3"]


EPISODES = st.builds(
    lambda number, minute, ended: alert(
        f"{number}", starts=NOW + minute * MINUTE, ends=NOW + minute * MINUTE if ended else None
    ),
    st.integers(0, 2),
    st.integers(0, 3),
    st.booleans(),
)


@hypothesis_settings(database=None)
@given(st.lists(EPISODES, max_size=8).flatmap(lambda sent: st.tuples(st.just(sent), st.permutations(sent))))
def test_what_is_known_of_episodes_depends_on_no_order_and_no_repetition(
    both: tuple[list[Alert], list[Alert]],
) -> None:
    sent, otherwise = both

    assert _known(sent) == _known([*otherwise, *sent])


def _known(alerts: list[Alert]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for each in alerts:
        if news(known, each) != News.NOTHING:
            known = remembered(known, each)
    return known


def test_what_still_fires_is_remembered_longest() -> None:
    known: dict[str, Any] = remembered({}, alert("fff"))
    for number in range(MOST_EPISODES):
        known = remembered(known, alert(f"{number:x}", ends=NOW + number * MINUTE))

    assert len(known) == MOST_EPISODES
    assert "fff" in known
    assert "0" not in known


def look(minute: int, *names: str, section: int = 2, because: str | None = None) -> Document:
    at = NOW + minute * MINUTE
    unwell = [
        {
            "name": name,
            "section": section,
            "title": "it is well",
            "result": "failed",
            "evidence": ["it is away"],
            "cause": "it stopped",
            "remedy": "start it",
            "explained_by": [because] if because else [],
        }
        for name in names
    ]
    seen = {"_id": at.isoformat(), "at": at, "result": "failed", "results": {}, "unwell": unwell}
    control_collection(recording.NAME).insert(seen)
    return seen


def test_what_doctor_finds_three_times_in_a_row_is_an_incident_once() -> None:
    for minute in range(2):
        assert opening.take_doctor(look(minute, "redis"), NOW + minute * MINUTE) == []

    (made,) = opening.take_doctor(look(2, "redis"), NOW + 2 * MINUTE)

    assert (made["about"], made["kind"], made["severity"], made["checks"]) == (
        *("doctor:redis", "outage", "p1", ["redis"]),
    )
    assert made["doctor"]["unwell"][0]["name"] == "redis"
    assert opening.take_doctor(look(3, "redis"), NOW + 3 * MINUTE) == []
    assert len(every()) == 1


def test_a_symptom_or_what_was_well_meanwhile_is_no_incident() -> None:
    look(0, "redis", because="settings")
    look(1, "redis", because="settings")
    assert opening.take_doctor(look(2, "redis", because="settings"), NOW + 2 * MINUTE) == []
    look(3, "redis")
    look(4)
    assert opening.take_doctor(look(5, "redis"), NOW + 5 * MINUTE) == []
    assert opening.take_doctor(None, NOW) == []
    assert every() == []


def test_beside_an_incident_of_alerts_the_finding_is_an_event_of_it_once() -> None:
    (made,) = taken(alert(section=2, severity=Severity.P1))
    for minute in range(4):
        opening.take_doctor(look(minute, "mongo"), NOW + minute * MINUTE)

    (one,) = every()
    assert (one["_id"], one["checks"]) == (made["_id"], ["mongo"])
    assert kinds(one).count("doctor") == 1


@pytest.mark.parametrize(
    "beside", [{"severity": Severity.P2}, {"severity": Severity.P1, "kind": Kind.SECURITY}]
)
def test_what_is_worse_or_is_no_secret_is_an_incident_of_its_own(beside: dict[str, Any]) -> None:
    (made,) = taken(alert(section=2, **beside))
    for minute in range(4):
        opening.take_doctor(look(minute, "mongo"), NOW + minute * MINUTE)

    other, known = every()
    assert (known["_id"], known["checks"]) == (made["_id"], [])
    assert (other["about"], other["severity"], other["kind"]) == ("doctor:mongo", "p1", "outage")
