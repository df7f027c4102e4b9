"""Staff use the console in a real Chromium: every page, every link, no fault in the browser's console."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests import browser
from tests.browser import Watched
from tests.e2e.console_demo import Served, serving

MODELS = (
    *("identity/user", "identity/session", "families/family", "ops/auditentry"),
    *("tokens/sbdaccount", "tokens/sbdentry", "tokens/sbdtransaction", "tokens/issuance"),
)
MOST_PAGES = 1_000
SHOWN_OF_A_KIND = 2


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The demo, served."""
    browser.require(request.config)
    with serving(tmp_path_factory.mktemp("console")) as served:
        yield served


@pytest.mark.long
def test_every_page_and_link_of_the_console_opens_without_a_fault(page: Watched, served: Served) -> None:
    assert page.page.title() == "Operator console | Operator console"
    shown: Counter[str] = Counter()
    faults: dict[str, list[str]] = {}
    seen: set[str] = set()
    waiting = [f"{served.address}/admin/"]
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        shown[_kind(address)] += 1
        if shown[_kind(address)] > SHOWN_OF_A_KIND:  # the others only must be there
            answer = page.page.request.get(address)
            faults[address] = [] if answer.ok else [answer.status_text]
            continue
        page.open(address)
        faults[address] = page.look()
        waiting += _links(page, served)

    assert {address: found for address, found in faults.items() if found} == {}
    assert {f"/admin/{model}/ID/change/" for model in MODELS} <= shown.keys()
    assert not waiting


@pytest.mark.long
def test_the_box_on_every_page_leads_to_what_is_typed(page: Watched) -> None:
    page.page.get_by_role("searchbox", name="Find by").fill("ADA@example.com")
    page.page.keyboard.press("Enter")

    page.page.wait_for_url("**/admin/identity/user/**")
    assert page.page.get_by_role("heading", level=2, name="ada").count() == 1
    families = page.page.get_by_role("region", name="Families")
    families.get_by_role("link", name="The Larks").click()
    page.page.wait_for_url("**/admin/families/family/**")
    members = page.page.get_by_role("region", name="Members").get_by_role("row")
    assert members.count() == 4
    page.page.get_by_role("link", name="family_the_larks").first.click()
    page.page.wait_for_url("**/admin/tokens/sbdaccount/**")
    assert page.page.get_by_role("region", name="Holders").get_by_role("link", name="cleo").count() == 1
    assert page.look() == []


def test_signing_out_ends_the_session_for_the_browser_and_for_the_cookie(
    page: Watched, served: Served
) -> None:
    kept = [(each["name"], each["value"]) for each in page.page.context.cookies()]
    page.page.get_by_role("button", name="Sign out").click()
    page.page.get_by_text("Log in again").wait_for()
    page.page.context.add_cookies(
        [{"name": name, "value": value, "url": served.address} for name, value in kept]
    )

    page.open(f"{served.address}/admin/identity/user/")

    assert page.page.url == f"{served.address}/admin/login/?next=/admin/identity/user/"
    assert page.look() == []


@pytest.mark.long
def test_a_narrow_screen_scrolls_no_page_sideways(page: Watched, served: Served) -> None:
    page.page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", "identity/user/", "ops/auditentry/", "families/family/", "tokens/sbdaccount/", "find/"):
        page.open(f"{served.address}/admin/{path}")
        widths = page.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1], path


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), [("dark", 390), ("light", 1280)])
def test_health_and_runbook_can_be_read_by_everybody_everywhere(
    page: Watched, served: Served, scheme: Literal["light", "dark"], width: int
) -> None:
    page.page.emulate_media(color_scheme=scheme)
    page.page.set_viewport_size({"width": width, "height": 844})
    page.open(f"{served.address}/admin/health/")
    faults = [*page.look(), *browser.unreadable(page.page, width)]
    page.page.get_by_role("button", name="Look now").click()
    page.page.locator(".messagelist").wait_for()  # on a busy machine it says that doctor still looks
    # What axe fetches itself, a policy may refuse: not what the page does.
    page.look()
    for path in ("health/", "runbook/", "runbook/5/", "runbook/fix/resend_mail/"):
        page.open(f"{served.address}/admin/{path}")
        faults += [*page.look(), *browser.unreadable(page.page, width)]
        page.look()

    assert faults == []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/docs", marks=pytest.mark.long),
        "/docs/errors",
        pytest.param("/docs/errors#VALIDATION_ERROR", marks=pytest.mark.long),
    ],
)
def test_the_documentation_renders_under_the_policy(chromium: Browser, served: Served, path: str) -> None:
    watched = Watched(chromium.new_page())

    watched.open(f"{served.address}{path}")

    watched.page.get_by_text(
        "/family/create" if path == "/docs" else "MEMBER_LIMIT_EXCEEDED"
    ).first.wait_for()
    assert watched.look() == []


def _links(page: Watched, served: Served) -> list[str]:
    every: list[str] = page.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    inside = {each.partition("#")[0] for each in every if each.startswith(f"{served.address}/")}
    # One filter at a time: their combinations are without number.
    return sorted(each for each in inside if "&" not in each)


def _kind(address: str) -> str:
    """Return the address without what makes one document's page differ from another's."""
    path, _, query = address.partition("/admin")[2].partition("?")
    path = re.sub(r"/[^/]+/change/$", "/ID/change/", path)
    path = re.sub(r"(?<=/runbook/)(\d+|fix/[^/]+)/$", "PAGE/", path)
    return f"/admin{path}" + (f"?{query.partition('=')[0]}" if query else "")
