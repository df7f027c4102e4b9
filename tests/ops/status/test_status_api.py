"""``/status``, ``/status.json``, ``/status.atom``. Source: HTTP contract, section 14; RFC 4287."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings as ours

from ops import clock
from ops.actors import Actor
from ops.health import components
from ops.health.components import Component
from ops.maintenance import switching
from ops.status import api, days
from ops.status.states import PARTS, State
from tests.api import Answer, Api
from tests.ops.status.conftest import mongodb_away, told

PATHS = ("/status", "/status.json", "/status.atom")
ATOM = "{http://www.w3.org/2005/Atom}"
HOUR = timedelta(hours=1)


def asked(path: str, **headers: str) -> Answer:
    """Return the answer to somebody who has not asked a moment ago."""
    api.latest.forget()
    components.prober.reset()
    return Api().get(path, **headers)


def entries() -> list[Any]:
    return ET.fromstring(asked("/status.atom").text).findall(f"{ATOM}entry")  # noqa: S314  # ours


def test_all_three_are_for_everybody_and_may_be_kept_for_15_s() -> None:
    types = {}
    for path in PATHS:
        answer = asked(path)
        types[path] = answer.headers["Content-Type"]
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=15"
        assert "Set-Cookie" not in answer.headers

    assert types == {
        "/status": "text/html; charset=utf-8",
        "/status.json": "application/json",
        "/status.atom": "application/atom+xml; charset=utf-8",
    }


@pytest.mark.parametrize("path", PATHS)
def test_whoever_has_this_version_is_not_sent_it_again(path: str) -> None:
    first = asked(path)
    again = Api().get(path, If_None_Match=first.headers["ETag"])
    other = Api().get(path, If_None_Match='"another"')

    assert (again.status, again.text, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert again.headers["Cache-Control"] == "public, max-age=15"
    assert (other.status, other.text) == (200, first.text)


def test_the_json_tells_the_parts_and_their_days() -> None:
    now = clock.now()
    days.count(now.replace(second=0, microsecond=0), {part.id: State.DEGRADED for part in PARTS})
    said = asked("/status.json").json

    assert said["state"] == "operational"
    assert [each["name"] for each in said["components"]] == [
        "API",
        "Sign-in",
        "Families and invitations",
        "Token accounts",
        "E-mail",
    ]
    assert {each["uptime_percent"] for each in said["components"]} == {100.0}
    today = {"date": now.date().isoformat(), "seen": 1, "degraded": 1, "down": 0, "maintenance": 0}
    assert all(each["days"][-1] == today and len(each["days"]) == 90 for each in said["components"])


def test_an_incident_is_told_in_the_words_for_users_and_no_others() -> None:
    now = clock.now()
    told(1, now - HOUR, "We are looking into it.", "We know what it is.")
    told(2, now - timedelta(days=3), "It was short.", resolved_at=now - timedelta(days=2))
    told(3, now - timedelta(days=30), "Long ago.", resolved_at=now - timedelta(days=15))
    answer = asked("/status.json")

    assert answer.json["state"] == "degraded"
    (open_one,) = answer.json["incidents"]
    assert (open_one["title"], open_one["state"]) == ("Trouble 1", "investigating")
    assert open_one["components"] == ["API"]
    assert [each["text"] for each in open_one["updates"]] == [
        "We are looking into it.",
        "We know what it is.",
    ]
    assert [(each["title"], each["state"]) for each in answer.json["recent_incidents"]] == [
        ("Trouble 2", "resolved")
    ]
    for path in PATHS:
        text = asked(path).text
        assert b"mongo-2" not in text
        assert b"user_of_staff" not in text
        assert b"security" not in text


def test_the_page_shows_text_of_people_as_text_and_runs_nothing() -> None:
    told(1, clock.now() - HOUR, "<script>alert(1)</script>")
    answer = asked("/status")

    assert b"<script" not in answer.text
    assert b"&lt;script&gt;alert(1)" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; ")


def test_the_feed_has_an_entry_for_each_update_with_an_id_that_stays() -> None:
    now = clock.now()
    told(1, now - HOUR, "One & <two>.")
    before = entries()
    told(2, now, "Another.")
    after = entries()

    assert len(before) == 1
    entry = before[0]
    assert entry.findtext(f"{ATOM}id") == f"tag:localhost,2026:inc_{1:030x}:1"
    assert entry.findtext(f"{ATOM}title") == "Trouble 1: investigating"
    summary = entry.find(f"{ATOM}summary")
    assert (summary.get("type"), summary.text) == ("html", "One &amp; &lt;two&gt;.")
    assert [each.findtext(f"{ATOM}id") for each in after] == [
        f"tag:localhost,2026:inc_{2:030x}:1",
        f"tag:localhost,2026:inc_{1:030x}:1",
    ]


def test_a_feed_without_entries_has_all_that_a_feed_must_have() -> None:
    feed = ET.fromstring(asked("/status.atom").text)  # noqa: S314  # ours

    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}id") == "tag:localhost,2026:status"
    assert feed.findtext(f"{ATOM}title")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert feed.findtext(f"{ATOM}updated") == f"{clock.now().date().isoformat()}T00:00:00+00:00"
    links = {each.get("rel"): each.get("href") for each in feed.findall(f"{ATOM}link")}
    assert links == {"self": f"{ours.PUBLIC_URL}/status.atom", "alternate": f"{ours.PUBLIC_URL}/status"}


def test_a_part_that_ails_shows_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "_components", dict(components._components))  # noqa: SLF001  # put back after
    components.register(Component("redis", lambda: "ConnectionError at 10.0.0.7"))
    said = asked("/status.json")

    states = {each["id"]: each["state"] for each in said.json["components"]}
    assert states == {
        "api": "degraded",
        "sign_in": "degraded",
        "families": "operational",
        "tokens": "operational",
        "email": "operational",
    }
    assert b"10.0.0.7" not in said.text + asked("/status").text


def test_many_who_ask_at_once_get_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(components, "_components", dict(components._components))  # noqa: SLF001  # put back after
    components.register(Component("asked", lambda: looks.append(1)))
    monkeypatch.setattr(api, "FRESH_SECONDS", 600.0)
    asked("/status")
    for _ in range(5):
        Api().get("/status.json")

    assert len(looks) == 1


def test_while_mongodb_is_away_it_answers_with_what_it_knew() -> None:
    now = clock.now()
    told(1, now - HOUR, "We are looking into it.")
    days.count(now.replace(second=0, microsecond=0), {part.id: State.OPERATIONAL for part in PARTS})
    before = asked("/status.json").json
    with mongodb_away():
        answers = {path: asked(path) for path in PATHS}
    said = answers["/status.json"].json

    assert {answer.status for answer in answers.values()} == {200}
    assert {each["state"] for each in said["components"]} == {"down"}
    assert said["state"] == "down"
    assert said["history_as_of"] == before["history_as_of"]
    assert said["incidents"] == before["incidents"]
    assert [each["days"] for each in said["components"]] == [each["days"] for each in before["components"]]


def test_a_web_process_that_knows_nothing_answers_too() -> None:
    assert not Path(ours.STATUS_DIR).exists()
    with mongodb_away():
        assert {asked(path).status for path in PATHS} == {200}


def test_during_maintenance_it_says_so() -> None:
    switching.switch_on(reason="the disk is changed", actor=Actor.system("test"), now=clock.now())
    try:
        answers = {path: asked(path) for path in PATHS}
    finally:
        switching.switch_off(actor=Actor.system("test"), now=clock.now())

    assert {answer.status for answer in answers.values()} == {200}
    assert answers["/status.json"].json["state"] == "maintenance"
    assert b"The service is being maintained" in answers["/status"].text


@pytest.mark.parametrize("path", PATHS)
def test_nothing_can_be_sent_there(path: str) -> None:
    assert Api().post(path, {}).problem == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.limited
def test_calls_are_counted_by_address_as_health_is() -> None:
    answer = Api(address="203.0.113.77").get("/status.json")

    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Type"]) == ("600", "address")
