"""An invitation played whole, with the real system: the mail arrives, and its link leads into the family.

Everything is running as ``make run`` starts it; the mail server is a real one, in this process.
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests import browser
from tests.browser import Watched
from tests.e2e import processes
from tests.mailbox import Mailbox

PASSWORD = "Seven-Otters-7"
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}
LOOKS = [("narrow", "dark"), ("narrow", "light"), ("wide", "dark"), ("wide", "light")]
_numbers = count(1)


@dataclass(frozen=True)
class System:
    """The running system, and where its mails arrive."""

    address: str
    mails: Mailbox

    def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """Send a call of the API; returns the answer's body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        request = urllib.request.Request(f"{self.address}{path}", data, headers, method=method)  # noqa: S310  # our own
        with urllib.request.urlopen(request) as answer:  # noqa: S310  # as above
            return json.load(answer)

    def newcomer(self) -> Any:
        """Register somebody by the API; returns their tokens."""
        name = f"founder-{next(_numbers)}"
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        tokens = self.call("POST", "/auth/register", body)
        self.confirm(body["email"])
        return tokens

    def confirm(self, address: str) -> None:
        """Confirm an address by the mail that arrives there."""
        link = self.link(address, r"/auth/verify-email\?token=(\S+)")
        self.call("POST", "/auth/verify-email", {"token": link})

    def link(self, address: str, pattern: str) -> str:
        """Wait for a mail to an address, and return what the pattern finds in its text."""

        def found() -> list[str]:
            texts = [each.part("plain") for each in self.mails.deliveries if each.to == address]
            return [each for text in texts for each in re.findall(pattern, text)]

        assert processes.wait_until(found), f"no mail to {address}"
        return found()[-1]

    def invited(self, guest: str) -> "Offer":
        """Found a family and invite an address into it; returns once the mail is there."""
        founder = self.newcomer()
        token = founder["access_token"]
        family = self.call("POST", "/family/create", {"name": "Otters & Söhne '7'"}, token=token)["family_id"]
        body = {"identifier": guest, "relationship_type": "sibling"}
        self.call("POST", f"/family/{family}/invite", body, token=token)
        link = self.link(guest, rf"({re.escape(self.address)}/family/invitation/\S+/accept)")
        return Offer(link, family, founder["username"], token)


@dataclass(frozen=True)
class Offer:
    """An invitation, as its mail brings it."""

    link: str
    family_id: str
    founder: str
    founder_token: str


@pytest.fixture(scope="module")
def system(request: pytest.FixtureRequest) -> System:
    """All of it, with a mail server."""
    browser.require(request.config)
    port = request.getfixturevalue("served").port
    return System(f"http://localhost:{port}", request.getfixturevalue("mails"))


@pytest.fixture
def chromium(system: System) -> Iterator[Browser]:  # noqa: ARG001  # nothing to see without it
    """A browser."""
    with browser.chromium() as started:
        yield started


@pytest.mark.long
def test_a_guest_comes_by_the_mail_signs_up_and_is_in(chromium: Browser, system: System) -> None:
    offer = system.invited("guest@example.com")
    watched = Watched(chromium.new_page())
    page = watched.page

    watched.open(offer.link)
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Username").fill("otter-guest")
    page.get_by_label("E-mail address").fill("guest@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("button", name="Accept").click()

    page.get_by_role("heading", name="You are in the family Otters & Söhne '7'").wait_for()
    assert page.url == f"{system.address}/welcome/{offer.family_id}"
    assert page.get_by_role("listitem").all_inner_texts() == [
        f"{offer.founder}\nadmin",
        "otter-guest (you)\nmember",
    ]
    assert watched.look() == []
    families = system.call("GET", "/family/my-families", token=offer.founder_token)
    assert [each["member_count"] for each in families] == [2]
    guest = system.call("POST", "/auth/login", {"username": "otter-guest", "password": PASSWORD})
    (seen,) = system.call("GET", "/family/my-families", token=guest["access_token"])
    assert (seen["family_id"], seen["name"]) == (offer.family_id, "Otters & Söhne '7'")
    assert guest["is_verified"] is True
    told = system.link(f"{offer.founder}@example.com", "(.+) has accepted your invitation")
    assert told == "otter-guest"


@pytest.mark.long
def test_the_keyboard_alone_is_enough(chromium: Browser, system: System) -> None:
    offer = system.invited("keys@example.com")
    page = chromium.new_page()
    page.goto(offer.link)

    _tab_to(page, "Sign up")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-up**")
    for typed in ("otter-keys", "keys@example.com", PASSWORD):  # the cursor stands in the first field
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/family/invitation/**")
    _tab_to(page, "Accept")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="You are in the family").wait_for()


@pytest.mark.long
def test_no_script_is_needed(chromium: Browser, system: System) -> None:
    offer = system.invited("still@example.com")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(offer.link)
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Username").fill("otter-still")
    page.get_by_label("E-mail address").fill("still@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("button", name="Decline").click()

    assert page.get_by_role("heading").inner_text() == "You have declined"
    context.close()


@pytest.mark.long
def test_nothing_of_anybody_else_is_loaded(chromium: Browser, system: System) -> None:
    offer = system.invited("private@example.com")
    page, asked = chromium.new_page(), set[str]()
    page.on("request", lambda sent: asked.add(sent.url))
    referrers = set[str]()
    page.on("request", lambda sent: referrers.add(sent.headers.get("referer", "")))

    page.goto(offer.link)
    page.get_by_role("button", name="Sign in to accept").click()
    page.wait_for_url("**/sign-in**")

    assert {each.removeprefix(system.address).partition("?")[0] for each in asked} == {
        offer.link.removeprefix(system.address),
        "/sign-in",
        "/static/site/icon.svg",
        "/static/site/look.css",
        "/static/site/page.css",
    }
    assert referrers <= {"", f"{system.address}/"}  # never an address that holds a token


@pytest.mark.long
@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_can_be_read_by_everybody(
    chromium: Browser, system: System, size: str, scheme: Any, tmp_path: Path
) -> None:
    context = chromium.new_context(viewport=SIZES[size], color_scheme=scheme)  # type: ignore[arg-type]  # a size
    page, faults = context.new_page(), {}

    for name in _walk(page, system, f"{size}-{scheme}"):
        faults[name] = browser.unreadable(page, SIZES[size]["width"])
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    context.close()

    assert {name: each for name, each in faults.items() if each} == {}
    assert len(faults) == len(list(tmp_path.glob("*.png"))) == 22


def _walk(page: Page, system: System, who: str) -> Iterator[str]:
    """Go through every page there is, and say which it is whenever there is one."""
    guest = f"{who}@example.com"
    offer = system.invited(guest)
    yield from _walk_of_a_stranger(page, system, offer)
    page.goto(offer.link)
    yield "invitation"
    page.goto(offer.link.replace("/accept", "/decline"))
    yield "decline"
    page.get_by_role("link", name="Back to the invitation").click()
    page.get_by_role("link", name="Sign up").click()
    yield "sign-up-invited"
    page.get_by_label("E-mail address").fill("nothing")
    page.get_by_role("button", name="Sign up").click()
    yield "sign-up-faulty"
    page.get_by_label("Username").fill(who)
    page.get_by_label("E-mail address").fill(guest)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    yield "invitation-mine"
    page.goto(f"{system.address}/welcome")
    yield "families-none"
    page.goto(offer.link)
    page.get_by_role("button", name="Accept").click()
    yield "welcome"
    page.get_by_role("link", name="All your families").click()
    yield "families"
    page.goto(offer.link)
    yield "invitation-answered"
    page.goto(system.invited("else@example.com").link)
    yield "invitation-not-mine"
    page.goto(f"{system.address}/sign-out")
    yield "sign-out"
    page.goto(f"{system.address}/welcome/fam_nowhere")
    yield "refused"


def _walk_of_a_stranger(page: Page, system: System, offer: Offer) -> Iterator[str]:
    page.goto(f"{system.address}/sign-in")
    yield "sign-in"
    page.get_by_label("Username or e-mail address").fill(offer.founder)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    yield "sign-in-wrong"
    page.goto(f"{system.address}/family/invitation/unknown/accept")
    yield "invitation-unknown"
    page.goto(f"{system.address}/auth/verify-email?token=unknown")
    yield "verify-email"
    page.get_by_role("button", name="Confirm the address").click()
    yield "link-over"
    page.goto(f"{system.address}/confirm-address")
    yield "confirm-address"
    page.goto(f"{system.address}/forgot-password")
    yield "forgot-password"
    page.get_by_label("E-mail address").fill(f"{offer.founder}@example.com")
    page.get_by_role("button", name="Send the link").click()
    yield "link-mailed"
    address = f"{offer.founder}@example.com"
    page.goto(system.link(address, rf"({re.escape(system.address)}/auth/reset-password\S+)"))
    yield "reset-password"
    page.get_by_label("New password").fill(f"{PASSWORD}!")
    page.get_by_role("button", name="Set the password").click()
    yield "password-changed"
    page.context.clear_cookies()
    page.set_content("")


def _tab_to(page: Page, name: str) -> None:
    """Press the key until what is named has the focus."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == name:
            return
    raise AssertionError(name)
