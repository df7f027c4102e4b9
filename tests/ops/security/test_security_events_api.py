"""``/admin/security-events``. Source: HTTP contract, section 14."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from ops import clock
from ops.mongo.collections import collection
from ops.security import SecurityEventType
from tests.api import Api
from tests.console import LIST, Console, document_page
from tests.database import audit
from tests.factories import Person
from tests.ops.security.noted import HERE, events, noted
from tests.races import at_once, ended

EVENTS = "/admin/security-events"
PAGES = LIST["security events"]
BLOCKED, LIMITED = SecurityEventType.BLOCKED_CALL, SecurityEventType.RATE_LIMITED
NOTE = "a client of theirs that was broken"


def subjects(door: Api, query: str = "") -> list[str]:
    return [each["subject"] for each in door.get(EVENTS + query).json["results"]]


@pytest.fixture
def three() -> list[dict[str, Any]]:
    """One event an hour, the oldest first."""
    made = [noted(BLOCKED, HERE), noted(LIMITED, HERE), noted(LIMITED, "user_1")]
    now = clock.now()
    for hours, event in zip((3, 2, 1), made, strict=True):
        at = {"last_at": now - timedelta(hours=hours)}
        collection("security_events").update({"_id": event["_id"]}, {"$set": at})
    return made


def test_an_event_is_told_whole(door: Api) -> None:
    event = noted()

    (told,) = door.get(EVENTS).json["results"]

    assert {name: value for name, value in told.items() if not name.endswith("_at")} == {
        "event_id": event["_id"],
        "type": "rate_limited",
        "subject": HERE,
        "count": 1,
        "facts": {"operation": "read"},
        "resolved_by": None,
        "note": None,
    }
    assert told["first_at"] == told["last_at"]
    assert told["resolved_at"] is None


def test_events_are_told_page_by_page_the_latest_first(door: Api, three: list[dict[str, Any]]) -> None:
    page = door.get(f"{EVENTS}?limit=2").json
    rest = door.get(page["next"].removeprefix(settings.PUBLIC_URL)).json

    assert [each["event_id"] for each in [*page["results"], *rest["results"]]] == [
        each["_id"] for each in reversed(three)
    ]
    assert rest["next"] is None


@pytest.mark.usefixtures("three")
def test_events_are_narrowed_by_type_subject_and_time(door: Api) -> None:
    since = (clock.now() - timedelta(minutes=150)).isoformat().replace("+00:00", "Z")

    assert subjects(door, "?type=rate_limited") == ["user_1", HERE]
    assert subjects(door, "?user_id=user_1") == ["user_1"]
    assert subjects(door, f"?user_id={HERE}&type=blocked_call") == [HERE]
    assert subjects(door, f"?since={since}") == ["user_1", HERE]
    assert subjects(door, f"?since={since}&type=blocked_call") == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("type=rain", ("query.type", "invalid_choice")),
        ("since=yesterday", ("query.since", "invalid_format")),
        ("limit=0", ("query.limit", "too_small")),
        ("skip=3", ("query.skip", "use_cursor")),
    ],
)
def test_what_narrows_nothing_is_refused(door: Api, query: str, fault: tuple[str, str]) -> None:
    assert door.get(f"{EVENTS}?{query}").faults == {fault}


def test_an_event_is_resolved_once_and_that_is_audited(door: Api, operator: Person) -> None:
    event, other = noted(), noted(BLOCKED)

    first = door.post(f"{EVENTS}/{event['_id']}/resolve", {"note": NOTE})
    again = door.post(f"{EVENTS}/{event['_id']}/resolve", {"note": "something else"})

    assert first.json["message"] == "The event is resolved."
    assert again.json["message"] == "The event was resolved before."
    (entry,) = audit("security_event.resolved")
    assert (entry["target"], entry["actor"], entry["private"]["reason"]) == (event["_id"], operator.id, NOTE)
    by_id = {each["event_id"]: each for each in door.get(EVENTS).json["results"]}
    assert (by_id[event["_id"]]["resolved_by"], by_id[event["_id"]]["note"]) == (operator.id, NOTE)
    assert by_id[other["_id"]]["resolved_at"] is None


def test_of_two_who_resolve_an_event_one_is_on_record(door: Api) -> None:
    event = noted()

    def resolve() -> str:
        return ended(lambda: door.post(f"{EVENTS}/{event['_id']}/resolve", {"note": NOTE}))

    assert at_once([resolve, resolve, resolve]) == ["done"] * 3
    assert len(audit("security_event.resolved")) == 1


def test_a_resolved_event_counts_on_and_stays_resolved(door: Api) -> None:
    event = noted()
    door.post(f"{EVENTS}/{event['_id']}/resolve", {"note": NOTE})

    noted()

    (told,) = events()
    assert (told["count"], told["note"]) == (2, NOTE)


def test_what_is_no_event_or_no_note_is_refused(door: Api) -> None:
    event = noted()

    assert door.post(f"{EVENTS}/sev_1/resolve", {"note": NOTE}).problem == (404, "NOT_FOUND")
    assert door.post(f"{EVENTS}/{event['_id']}/resolve", {}).faults == {("note", "required")}
    assert door.post(f"{EVENTS}/{event['_id']}/resolve", {"note": "ok"}).faults == {("note", "too_short")}
    assert audit("security_event.resolved") == []


@pytest.mark.parametrize("path", ["/admin/blocklist", "/admin/allowlist", EVENTS])
def test_who_comes_without_a_sign_in_is_told_the_command(path: str) -> None:
    answer = Api().get(path)

    assert answer.problem == (401, "AUTHENTICATION_REQUIRED")
    command = "security_events" if path == EVENTS else "access"
    assert answer.json["details"] == {"hint": f"manage.py {command}"}


# Shell and console ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("three")
def test_the_command_shows_them_and_changes_nothing() -> None:
    before = events()

    def told(*words: str) -> list[str]:
        out = StringIO()
        call_command("security_events", *words, stdout=out)
        return out.getvalue().splitlines()

    assert [line.split()[3:] for line in told("--since", "150m")] == [
        ["rate_limited", "1", "x", "user_1", "operation=read", "open"],
        ["rate_limited", "1", "x", HERE, "operation=read", "open"],
    ]
    assert len(told()) == 3
    assert told("--since", "30m") == ["None."]
    assert len(told("--type", "blocked_call")) == 1
    with pytest.raises(CommandError, match="how long: 30m, 24h or 7d"):
        told("--since", "soon")
    assert events() == before


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ({}, ["user_1", HERE, HERE]),
        ({"type": "rate_limited"}, ["user_1", HERE]),
        ({"subject": HERE}, [HERE, HERE]),
        ({"q": "user_1"}, ["user_1"]),
        ({"last_at": "2020-01-01"}, []),
    ],
)
@pytest.mark.usefixtures("three")
def test_the_console_finds_them(operator: Person, query: dict[str, str], about: list[str]) -> None:
    assert [row[2] for row in Console(operator).get(PAGES, **query).rows] == about


def test_the_console_resolves_with_the_reason_as_the_note(operator: Person, person: Person) -> None:
    event, console = noted(LIMITED, person.id), Console(operator)
    path = document_page(PAGES, event["_id"])

    assert console.get(path).field("About") == person.username
    assert console.get(path).table("Of the latest") == [["operation", "read"]]
    console.confirm(path, "resolve", reason=NOTE)

    assert (console.get(path).field("State"), console.get(path).field("Note")) == ("resolved", NOTE)
    assert console.get(path).field("Resolved by") == operator.username
    assert "Resolve</button>" not in console.get(path).html
    assert len(audit("security_event.resolved")) == 1
