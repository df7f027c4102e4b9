"""The lines of the log."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from django.conf import settings

from ops.logs import configure, formatter, logger, readable
from ops.mongo.breaker import breaker
from ops.mongo.unit_of_work import unit_of_work
from tests.api import Api
from tests.console import LIST, Console
from tests.factories import Person, new_family, new_invitation
from tests.ops.loglines import events, written

ID = "0123456789abcdef"
AT = "2026-11-26T17:04:05.678Z"


@pytest.fixture(autouse=True)
def _web(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a web process, and forget the request that a test before has sent on this thread."""
    monkeypatch.setenv("SBD_ROLE", "web")
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("message", ["plain", "one\ntwo", "half a pair: \ud800", 'quo"ted', "\x00\x1b[31m"])
def test_whatever_is_logged_is_one_line_of_json(message: str) -> None:
    record = logging.makeLogRecord(
        {"name": "tests", "levelname": "WARNING", "levelno": logging.WARNING, "msg": message}
    )

    line = formatter().format(record)

    assert "\n" not in line
    event = json.loads(line)
    assert (event["event"], event["level"], event["logger"]) == (message, "WARNING", "tests")


def test_a_logger_follows_when_the_process_is_set_up_again() -> None:
    log = logger("tests")
    log.info("it keeps how it was set up when it was first used")

    configure(settings.LOGGING)
    with written() as lines:
        log.info("it is heard")

    assert [each["event"] for each in events(lines)] == ["it is heard"]


def test_a_traceback_stays_in_its_line_of_json() -> None:
    line = formatter("json").format(failed())

    assert "\n" not in line
    event = json.loads(line)
    assert event["exception"].splitlines()[0] == "Traceback (most recent call last):"
    assert event["exception"].splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_a_readable_traceback_stands_below_its_line() -> None:
    first, *others = formatter("readable").format(failed()).splitlines()

    assert first[9:] == "ERROR    tests it failed"
    assert others[0] == "Traceback (most recent call last):"
    assert others[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("event", "coloured", "line"),
    [
        (
            {"level": "INFO", "logger": "request", "event": "request", "status": 200},
            True,
            "17:04:05 INFO     request request status=200",
        ),
        ({"level": "ERROR", "logger": "a", "event": "b"}, True, "\x1b[31;1m17:04:05 ERROR   \x1b[0m a b"),
        ({"level": "ERROR", "logger": "a", "event": "b"}, False, "17:04:05 ERROR    a b"),
        (
            {"level": "INFO", "logger": "a", "event": "b\n17:04:05 ERROR", "name": "\x1b[31m"},
            False,
            "17:04:05 INFO     a b\\n17:04:05 ERROR name=\\x1b[31m",
        ),
    ],
    ids=["facts", "colours", "no colours", "what would steer a terminal"],
)
def test_a_readable_line_is_short_and_one(event: dict[str, Any], line: str, *, coloured: bool) -> None:
    assert readable.line({"at": AT, **event}, coloured=coloured) == line


def test_a_request_leaves_one_line_with_who_asked_and_in_which_family(
    api: Callable[..., Api], person: Person
) -> None:
    family = new_family(person, "The Larks")

    with written() as lines:
        api(person).get(f"/family/{family['_id']}/members?limit=5", X_Request_ID=ID)

    (line,) = events(lines, event="request")
    assert line.pop("ms") > 0
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "request",
        "level": "INFO",
        "logger": "request",
        "method": "GET",
        "route": "/family/<str:family_id>/members",
        "status": 200,
        "request_id": ID,
        "user": person.id,
        "session": person.session_id,
        "family": family["_id"],
    }


def test_the_line_of_a_refused_request_names_the_refusal(
    api: Callable[..., Api], person: Person, stranger: Person
) -> None:
    family = new_family(person, "The Larks")

    with written() as lines:
        api(stranger).get(f"/family/{family['_id']}")
        api().get(f"/family/{family['_id']}")

    refused, unknown = events(lines, event="request")
    assert (refused["status"], refused["error"]) == (404, "FAMILY_NOT_FOUND")
    assert (refused["user"], refused["family"]) == (stranger.id, family["_id"])
    assert (unknown["status"], unknown["error"]) == (401, "AUTHENTICATION_REQUIRED")
    assert "user" not in unknown


def test_the_line_of_a_page_names_who_is_signed_in_and_why_it_was_refused(
    api: Callable[..., Api], staff: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(staff)

    with written() as lines:
        console.get(LIST["users"])
        monkeypatch.setattr(breaker, "_open_since", 1.0)
        api(accept="text/html").get("/family/invitation/none/accept")

    shown, refused = events(lines, event="request")
    assert (shown["route"], shown["status"], shown["user"]) == ("/admin/identity/user/", 200, staff.id)
    assert (refused["status"], refused["error"]) == (503, "DATABASE_UNAVAILABLE")


def test_each_change_of_a_family_leaves_a_line_by_ids(api: Callable[..., Api], person: Person) -> None:
    with written() as lines:
        family_id = api(person).post("/family/create", {"name": "Quiet Larks"}).json["family_id"]
        body = {"identifier": "wren@example.com", "relationship_type": "child"}
        invitation = api(person).post(f"/family/{family_id}/invite", body, X_Request_ID=ID)

    changes = events(lines, family=family_id, logger="ops.audit.recording")
    assert [each["event"] for each in changes] == ["family.created", "family.invitation.created"]
    assert changes[1]["target"] == invitation.json["invitation_id"]
    assert (changes[1]["actor"], changes[1]["request_id"]) == (person.id, ID)
    assert "wren" not in "".join(lines)
    assert "Quiet" not in "".join(lines)


def test_a_command_prints_no_line_of_what_it_changes(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBD_ROLE", "shell")

    with written() as lines:
        new_family(person, "The Larks")

    assert lines == []


def test_a_change_that_is_undone_leaves_no_line(person: Person) -> None:
    family = new_family(person, "The Larks")

    @unit_of_work()
    def undone() -> None:
        new_invitation(family["_id"], person, "wren@example.com")
        raise LookupError

    with written() as lines, pytest.raises(LookupError):
        undone()

    assert events(lines, logger="ops.audit.recording") == []


def test_a_database_that_is_away_is_said_in_the_runbooks_words(
    api: Callable[..., Api], person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "_open_since", 1.0)

    with written() as lines:
        answer = api(person).get("/family/my-families")

    assert answer.problem == (503, "DATABASE_UNAVAILABLE")
    assert [each["level"] for each in events(lines, event="Database connection failed")] == ["ERROR"]


def test_what_starts_before_there_are_settings_takes_the_format_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, "Started process [%d]", (7,), None)

    monkeypatch.setenv("LOG_FORMAT", "readable")
    readable_line = formatter().format(record)
    monkeypatch.delenv("LOG_FORMAT")
    json_line = formatter().format(record)

    assert readable_line[9:] == "INFO     uvicorn.error Started process [7]"
    assert json.loads(json_line)["event"] == "Started process [7]"


def test_uvicorn_writes_its_lines_as_the_house_does() -> None:
    options = json.loads((settings.ROOT_DIR / "ops" / "uvicorn-log.json").read_text())

    assert options["formatters"] == {"json": {"()": "ops.logs.formatter"}}
    assert options["handlers"]["out"]["stream"] == "ext://sys.stdout"


def failed() -> logging.LogRecord:
    """Return what a library logs of an exception."""
    try:
        1 / 0  # noqa: B018  # it is the failure that counts
    except ZeroDivisionError as error:
        trace = (type(error), error, error.__traceback__)
    return logging.LogRecord("tests", logging.ERROR, "", 0, "it failed", (), trace)
