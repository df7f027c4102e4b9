"""Staff find somebody and read why they cannot spend, by mouse and by keyboard alone, in a real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests import browser
from tests.browser import Watched
from tests.e2e.console_demo import Served, serving

pytestmark = pytest.mark.long

VERDICT = "No: they are a viewer of the account, and may not spend."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The demo, served."""
    browser.require(request.config)
    with serving(tmp_path_factory.mktemp("console-search")) as served:
        yield served


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.name || document.activeElement.tagName"))


def test_why_a_member_cannot_spend_is_read_after_one_search(page: Watched) -> None:
    page.page.get_by_role("searchbox", name="Find by").fill("cleo")
    page.page.get_by_role("button", name="Find").click()

    page.page.wait_for_url("**/admin/identity/user/**")
    told = page.page.get_by_role("region", name="What they may spend")
    assert told.get_by_text(VERDICT).count() == 1
    assert page.look() == []
    told.get_by_role("row").filter(has_text=VERDICT).get_by_role("link", name="Why?").click()
    page.page.wait_for_url("**/admin/tokens/sbdaccount/**")
    assert page.page.locator(".verdict").inner_text() == VERDICT
    assert page.look() == []


def test_the_keyboard_alone_finds_and_leaves_the_box(page: Watched) -> None:
    keys, box = page.page.keyboard, page.page.get_by_role("searchbox", name="Find by")
    assert box.get_attribute("aria-keyshortcuts") == "/"
    keys.press("/")
    assert (focused(page.page), box.input_value()) == ("q", "")
    keys.press("Escape")
    assert focused(page.page) == "BODY"
    keys.press("/")
    keys.type("a/b")  # in a field it is a character
    assert box.input_value() == "a/b"
    keys.press("Escape")
    keys.type("cleo")
    keys.press("Enter")

    page.page.wait_for_url("**/admin/identity/user/**")
    told = page.page.get_by_role("region", name="What they may spend")
    assert told.get_by_text(VERDICT).count() == 1
    amount = told.get_by_role("searchbox", name="Tokens to spend")
    amount.focus()
    keys.press("/")
    assert amount.input_value() == "/1"
    amount.fill("1000")
    keys.press("Enter")
    page.page.wait_for_url("**?amount=1000**")
    assert told.get_by_role("columnheader", name="May they spend 1,000?").count() == 1
    assert page.look() == []
