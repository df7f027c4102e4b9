"""A day's work in a real Chromium: what staff are asked most, in few presses, by mouse and by keyboard."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.utils import quote
from django.db import connection
from playwright.sync_api import Browser

from ops import clock
from ops.ids import new_id
from tests import browser
from tests.browser import Watched
from tests.e2e.console_demo import Served, serving
from tests.e2e.hands import Hand, Keyboard, Mouse

pytestmark = pytest.mark.long

REASON = "asked for by phone"
LARKS = "The Larks"


@dataclass
class World:
    """The demo as its people use it by the API."""

    served: Served
    passwords: dict[str, str]
    database: Any  # of the driver: Django's connection refuses to work beside the browser's event loop
    tokens: dict[str, str] = field(default_factory=dict)

    def call(self, who: str, method: str, path: str, body: Any = None) -> tuple[Any, str]:
        """Call the API as somebody; returns what is answered, and the request's id."""
        if who not in self.tokens:
            said = {"username": who, "password": self.passwords[who]}
            answer, _ = self._send("POST", "/auth/login", said)
            self.tokens[who] = answer["access_token"]
        return self._send(method, path, body, Authorization=f"Bearer {self.tokens[who]}")

    def family(self) -> dict[str, Any]:
        """Return the family of the tests, as its admin sees it."""
        answer, _ = self.call("ada", "GET", "/family/my-families")
        found: dict[str, Any] = next(each for each in answer if each["name"] == LARKS)
        return found

    def stored(self, collection: str, **query: Any) -> dict[str, Any]:
        """Return a document of the demo."""
        found = self.database[collection].find_one(query)
        assert found is not None
        return dict(found)

    def _send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[Any, str]:
        data = None if body is None else json.dumps(body).encode()
        sent = urllib.request.Request(  # noqa: S310  # our own address
            f"{self.served.address}{path}",
            data,
            {"Content-Type": "application/json", **headers},
            method=method,
        )
        with urllib.request.urlopen(sent, timeout=20) as got:  # noqa: S310  # our own address
            return json.load(got), got.headers["X-Request-ID"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    """The demo, served."""
    browser.require(request.config)
    var: Path = tmp_path_factory.mktemp("tasks")
    with serving(var) as served:
        database = connection.connection[settings.MONGODB_NAME]
        yield World(served, json.loads((var / "demo-sign-ins").read_text()), database)


@pytest.fixture(params=[Mouse, Keyboard], ids=["mouse", "keyboard"])
def hand(request: pytest.FixtureRequest, chromium: Browser, world: World) -> Iterator[Hand]:
    """A way to use the console, from its first page on; whatever goes wrong in the browser fails the task."""
    watched = Watched(chromium.new_page(viewport={"width": 1280, "height": 900}))
    world.served.sign_in(watched)
    yield request.param(watched.page)
    assert watched.look() == []


def test_why_a_member_cannot_spend(world: World, hand: Hand) -> None:
    member = world.stored("users", username="cleo")
    hand.find("cleo")

    told = hand.page.get_by_role("region", name="May spend").get_by_role("row", name="family_the_larks")

    assert "No: they are a viewer of the account, and may not spend." in told.inner_text()
    assert quote(member["_id"]) in hand.page.url
    assert hand.presses <= 3


def test_a_lost_invitation_is_mailed_again(world: World, hand: Hand) -> None:
    address = f"{new_id('gone')}@example.com"
    said = {"identifier": address, "relationship_type": "child"}
    made, _ = world.call("ada", "POST", f"/family/{world.family()['family_id']}/invite", said)
    hand.find(address)

    _act(hand, "Resend")

    assert "Resend" in _told(hand)
    assert world.stored("family_invitations", _id=made["invitation_id"])["resend_count"] == 1
    assert hand.presses <= 4


def test_who_froze_an_account_and_it_is_opened_again(world: World, hand: Hand) -> None:
    path = f"/family/{world.family()['family_id']}/sbd-account/freeze"
    world.call("ada", "POST", path, {"action": "freeze", "reason": "a stolen phone"})
    hand.find("family_the_larks")

    frozen = hand.page.locator(".field-freeze_details").inner_text()
    assert "ada" in frozen
    assert "a stolen phone" in frozen
    _act(hand, "Unfreeze")

    assert "Unfreeze" in _told(hand)
    assert world.family()["sbd_account"]["is_frozen"] is False
    assert hand.presses <= 4


def test_a_limit_is_raised_for_an_hour(world: World, hand: Hand) -> None:
    hand.press(hand.page.get_by_role("link", name="Limits", exact=True))
    hand.press(hand.page.get_by_role("link", name="Override family_create"))
    hand.page.keyboard.press("Control+a")
    hand.type("50")
    hand.enter(hand.page.get_by_label("Reason"), REASON)
    hand.press(hand.page.get_by_role("button", name="Set it"))

    assert "Set for family_create: 50 in 3,600 s" in _told(hand)
    until = world.stored("rate_limit_overrides", _id="family_create")["until"].replace(tzinfo=UTC)
    assert timedelta() < until - clock.now() <= timedelta(hours=1)
    assert hand.presses <= 5


def test_last_month_s_statement_is_taken_along(hand: Hand) -> None:
    hand.find("family_the_larks")
    hand.presses += 1
    with hand.page.expect_download() as downloading:
        hand.page.get_by_role("button", name="Last month").focus()
        hand.page.keyboard.press("Enter")

    lines = Path(downloading.value.path()).read_text().splitlines()
    assert "amount" in lines[0]
    assert all(_last_month() in line for line in lines[1:])
    assert hand.presses <= 4


def test_a_dead_letter_is_sent_again(world: World, hand: Hand) -> None:
    mail = new_id("mail")
    world.database["email_outbox"].insert_one(_dead_letter(mail))
    hand.find(mail)

    _act(hand, "Resend")

    assert world.stored("email_outbox", _id=mail)["status"] == "queued"
    assert hand.presses <= 4


def test_somebody_has_lost_their_phone(world: World, hand: Hand) -> None:
    factor = {"on_since": 0, "backup_codes": [], "secret": "x"}
    world.database["users"].update_one({"username": "ben"}, {"$set": {"second_factor": factor}})
    hand.find("ben@example.com")

    _act(hand, "Take second factor away")

    assert not world.stored("users", username="ben")["second_factor"]
    assert hand.presses <= 4


def test_somebody_s_laptop_was_stolen(world: World, hand: Hand) -> None:
    world.tokens.pop("eli", None)
    me, _ = world.call("eli", "GET", "/auth/me")
    hand.find("eli")

    _act(hand, "End all sessions")

    in_force = {"user_id": me["user_id"], "revoked_at": None}
    assert world.database["sessions"].count_documents(in_force) == 0
    assert hand.presses <= 4


def test_what_a_request_did_is_found_by_its_id(world: World, hand: Hand) -> None:
    path = f"/family/{world.family()['family_id']}/sbd-account/contribute"
    amount = 3 if isinstance(hand, Mouse) else 4  # the same again at once would be taken for a double click
    made, request_id = world.call("ben", "POST", path, {"amount": amount})
    hand.find(request_id)

    assert made["transaction_id"] in hand.page.content()
    assert hand.presses <= 2


def test_who_changed_a_family_and_why(world: World, hand: Hand) -> None:
    settings_ = {"allow_member_invites": isinstance(hand, Mouse)}
    world.call("ada", "PUT", f"/family/{world.family()['family_id']}", {"settings": settings_})
    hand.find(LARKS)

    changed = hand.page.get_by_role("row").filter(has_text="family.updated").first
    assert "ada" in changed.inner_text()
    assert hand.presses <= 3


def _act(hand: Hand, what: str) -> None:
    """Press an action of the page, say why where the cursor stands, and confirm it."""
    hand.press(hand.page.get_by_role("button", name=f"{what}…", exact=True))
    hand.type(REASON)
    hand.press(hand.page.get_by_role("button", name=what, exact=True))


def _told(hand: Hand) -> str:
    return hand.page.locator(".messagelist").inner_text()


def _last_month() -> str:
    return f"{clock.now().replace(day=1) - timedelta(days=1):%Y-%m}"


def _dead_letter(mail: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "_id": mail,
        "v": 1,
        "key": mail,
        "to": "gone@example.com",
        "template": "welcome",
        "context": {},
        "status": "dead_letter",
        "attempts": 9,
        "fault": "refused",
        "created_at": now,
        "next_attempt_at": now,
        "lease_until": None,
        "sent_at": None,
        "resent_at": None,
        "message_id": "",
        "request_id": None,
    }
