"""A session of the console that nobody uses ends."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.mongo.collections import collection
from tests.console import LIST, Console, document_page
from tests.database import audit
from tests.factories import PASSWORD, Person, new_person, new_staff


class Clock:
    """Moves the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin with the real one."""
        self.ahead, self.real = timedelta(), clock.now
        monkeypatch.setattr(clock, "now", self.now)

    def now(self) -> datetime:
        """Return it."""
        return self.real() + self.ahead

    def move(self, minutes: int) -> None:
        """Let minutes go by."""
        self.ahead += timedelta(minutes=minutes)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def staff() -> Person:
    return new_staff(Role.SUPPORT)


def session_of(person: Person) -> Any:
    return collection("sessions").find_one({"user_id": person.id, "kind": "browser"})


def is_active(person: Person) -> bool:
    found = collection("users").find_one({"_id": person.id}, {"is_active": 1})
    return found is not None and bool(found["is_active"])


def test_after_half_an_hour_without_a_request_it_ends_and_the_sign_in_leads_back(
    staff: Person, time: Clock
) -> None:
    console = Console(staff)
    time.move(30)

    page = console.get("/admin/identity/user/", q="ada")

    assert unquote(page.goes_to) == "/admin/login/?next=/admin/identity/user/?q=ada"
    assert "30 minutes went by without a request" in console.get(page.goes_to).text
    ended = session_of(staff)
    assert (ended["revoked_at"] is not None, ended["revoked_reason"]) == (True, "idle")
    (entry,) = audit("session.revoked")
    assert (entry["actor"], entry["after"]["revoked_reason"]) == (staff.id, "idle")


def test_what_is_sent_to_it_then_changes_nothing_and_is_told_so(staff: Person, time: Clock) -> None:
    console, ada = Console(staff), new_person("ada")
    path = document_page(LIST["users"], ada.id)
    time.move(31)

    page = console.confirm(path, "disable")

    assert unquote(page.goes_to) == f"/admin/login/?next={path}"
    assert "nothing was changed" in console.get(page.goes_to).text
    assert is_active(ada)


def test_each_request_keeps_it(staff: Person, time: Clock) -> None:
    console = Console(staff)
    for _ in range(3):
        time.move(29)
        assert console.get("/admin/").status == 200


def test_what_a_page_asks_for_by_itself_does_not_keep_it(staff: Person, time: Clock) -> None:
    console = Console(staff)
    time.move(20)
    assert console.get("/admin/runs/", refreshed="1").status == 200
    time.move(10)

    assert console.get("/admin/").goes_to.startswith("/admin/login/")


@pytest.mark.parametrize(
    ("sent_to", "leads_to"), [("/admin/logout/", "/admin/"), ("/admin/as/stop/", "/admin/as/")]
)
def test_the_way_back_is_a_page_also_from_what_only_takes_forms(
    staff: Person, time: Clock, sent_to: str, leads_to: str
) -> None:
    console = Console(staff)
    time.move(31)
    asked = console.post(sent_to).goes_to
    form = {"username": staff.username, "password": PASSWORD, "next": unquote(asked).partition("next=")[2]}

    page = console.get(console.post(asked, form).goes_to)
    page = console.get(page.goes_to) if page.goes_to else page

    assert (page.status, page.raw.request["PATH_INFO"]) == (200, leads_to)


def test_a_clock_that_was_ahead_does_not_keep_it(staff: Person, time: Clock) -> None:
    console = Console(staff)
    time.move(600)
    session = session_of(staff)
    collection("sessions").update({"_id": session["_id"]}, {"$set": {"last_seen_at": clock.now()}})
    time.move(-600)
    assert console.get("/admin/").status == 200
    time.move(30)

    assert console.get("/admin/").goes_to.startswith("/admin/login/")
