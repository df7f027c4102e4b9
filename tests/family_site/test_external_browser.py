"""The way to another provider and back in a real browser, which follows a form only where its page allows."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from ops.web import browsing
from tests import browser
from tests.browser import Watched
from tests.factories import Person
from tests.family_site.travelling import BUTTON, confirmed
from tests.identity_provider import provider


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[str]:
    """The product, served; returns its address."""
    browser.require(request.config)
    server = LiveServer("localhost")
    with override_settings(PUBLIC_URL=server.url):
        yield server.url
    server.stop()


@pytest.fixture
def person() -> Person:
    """Somebody whose address is confirmed."""
    return confirmed()


@pytest.fixture
def page(site: str, person: Person) -> Iterator[Page]:  # noqa: ARG001  # with a browser here, no test writes
    """A page of a browser."""
    with browser.chromium() as started:
        yield started.new_page()


def test_the_button_leads_there_and_back_in(site: str, page: Page, person: Person) -> None:
    watched = Watched(page)
    with provider(person.email):
        watched.open(f"{site}/sign-in?next=/welcome")
        page.get_by_role("button", name=BUTTON).click()
        page.get_by_role("heading", name="Your families").wait_for()

    assert page.url == f"{site}/welcome"
    assert f"Signed in as {person.username}" in page.inner_text("body")
    assert watched.look() == []


@pytest.mark.long
def test_a_page_that_does_not_name_the_provider_is_not_left_by_its_form(
    site: str, page: Page, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "POLICY", browsing.POLICY.replace("{forms_lead_to}", ""))
    watched = Watched(page)
    with provider(person.email) as nest:
        watched.open(f"{site}/sign-in")
        page.get_by_role("button", name=BUTTON).click()
        page.wait_for_timeout(1000)

        assert (page.url, nest.asked["/authorize"]) == (f"{site}/sign-in", 0)
    assert any("form-action" in fault for fault in watched.look())


@pytest.mark.long
def test_to_another_host_of_the_provider_leads_a_link(site: str, page: Page, person: Person) -> None:
    watched = Watched(page)
    with provider(person.email) as nest:
        nest.discovery = {
            "authorization_endpoint": nest.issuer.replace("127.0.0.1", "localhost") + "/authorize"
        }
        watched.open(f"{site}/sign-in")
        page.get_by_role("button", name=BUTTON).click()
        page.get_by_role("link", name="Go on").click()
        page.get_by_role("heading", name="Your families").wait_for()

    assert watched.look() == []
