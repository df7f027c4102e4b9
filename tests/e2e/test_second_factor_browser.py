"""The second factor in a real browser: enrol, sign in with it, recover, lose the phone.

Everything is running as ``make run`` starts it. Source: HTTP contract, section 11 (second factor).
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import browser
from tests.browser import Watched
from tests.e2e.demo import Run
from tests.second_factors import code_of

pytestmark = pytest.mark.long

PASSWORD = "Seven-Otters-7"
STAFF = "operator"
LOOKS = [({"width": 390, "height": 844}, "dark"), ({"width": 1280, "height": 900}, "light")]
_numbers = count(1)


@pytest.fixture(scope="module")
def address(request: pytest.FixtureRequest) -> str:
    """Where all of it is served."""
    browser.require(request.config)
    return f"http://localhost:{request.getfixturevalue('served').port}"


@pytest.fixture
def chromium(address: str) -> Iterator[Browser]:  # noqa: ARG001  # nothing to see without it
    """A browser."""
    with browser.chromium() as started:
        yield started


def newcomer(address: str) -> str:
    """Register somebody by the API; returns their name."""
    name = f"phone-{next(_numbers)}"
    body = json.dumps({"username": name, "email": f"{name}@example.com", "password": PASSWORD}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/auth/register", body, headers)  # noqa: S310  # our own
    with urllib.request.urlopen(request):  # noqa: S310  # as above
        return name


def sign_in(page: Page, address: str, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Username or e-mail address").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def enrol(page: Page, address: str) -> tuple[str, list[str]]:
    """Set a second factor up for who is signed in; returns its secret and the backup codes."""
    page.goto(f"{address}/second-factor")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    secret = page.locator("code.key").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(code_of(secret, 0))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("heading", name="Your backup codes").wait_for()
    return secret, page.locator(".codes code").all_inner_texts()


def answer(page: Page, code: str) -> None:
    page.get_by_role("heading", name="One more step").wait_for()
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Sign in").click()


def is_in(page: Page, address: str) -> bool:
    return page.goto(f"{address}/welcome").status == 200 and "/welcome" in page.url  # type: ignore[union-attr]  # it answers


def test_enrol_sign_in_and_recover(chromium: Browser, address: str) -> None:
    name, watched = newcomer(address), Watched(chromium.new_page())
    page = watched.page
    sign_in(page, address, name)
    secret, codes = enrol(page, address)
    assert watched.look() == []
    page.context.clear_cookies()

    sign_in(page, address, name)
    answer(page, code_of(secret, 1))
    page.wait_for_url("**/welcome")
    page.context.clear_cookies()
    sign_in(page, address, name)
    answer(page, codes[0])
    page.wait_for_url("**/welcome")

    page.goto(f"{address}/second-factor")
    assert "Backup codes left: 9" in page.locator(".sheet").inner_text()
    assert watched.look() == []


def test_the_phone_is_lost_and_staff_help(chromium: Browser, address: str, served: Run) -> None:
    name, page = newcomer(address), chromium.new_page()
    sign_in(page, address, name)
    enrol(page, address)
    desk = chromium.new_page()

    desk.goto(f"{address}/admin/identity/user/?q={name}")
    desk.get_by_label("Username").fill(STAFF)
    desk.get_by_label("Password").fill(json.loads((served.var / "demo-sign-ins").read_text())[STAFF])
    desk.get_by_role("button", name="Log in").click()
    desk.get_by_role("link", name=name, exact=True).click()
    desk.get_by_role("button", name="Take second factor away").click()
    desk.get_by_label("Reason").fill("They showed their passport; the phone is in the lake.")
    desk.get_by_role("button", name=re.compile("Take second factor away|Confirm")).click()

    desk.get_by_text("Take second factor away").first.wait_for()
    assert not is_in(page, address)
    page.context.clear_cookies()
    sign_in(page, address, name)
    page.wait_for_url("**/welcome")


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_can_be_read_by_everybody(
    chromium: Browser, address: str, size: dict[str, int], scheme: str, tmp_path: Path
) -> None:
    context = chromium.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]  # a size
    page, faults = context.new_page(), {}

    for step in walk(page, address):
        faults[step] = browser.unreadable(page, size["width"])
        page.screenshot(path=tmp_path / f"{step}.png", full_page=True)
    context.close()

    assert {name: each for name, each in faults.items() if each} == {}
    assert len(list(tmp_path.glob("*.png"))) == 9


def walk(page: Page, address: str) -> Iterator[str]:
    """Stop at each page of the second factor."""
    name = newcomer(address)
    sign_in(page, address, name)
    page.goto(f"{address}/second-factor")
    yield "off"
    page.get_by_label("Your password").fill("Quite-Wrong-7!")
    page.get_by_role("button", name="Set it up").click()
    yield "wrong password"
    page.goto(f"{address}/second-factor")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    secret = page.locator("code.key").inner_text().replace(" ", "")
    yield "secret"
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    yield "wrong first code"
    page.get_by_label("Code", exact=True).fill(code_of(secret, 0))
    page.get_by_role("button", name="Go on").click()
    yield "backup codes"
    page.goto(f"{address}/second-factor")
    yield "on"
    page.goto(f"{address}/second-factor/confirm?next=/second-factor")
    yield "confirm"
    page.context.clear_cookies()
    sign_in(page, address, name)
    yield "code"
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Sign in").click()
    yield "wrong code"
