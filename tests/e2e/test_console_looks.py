"""Every kind of page of the console can be read by everybody: light and dark, wide, on a phone, enlarged.

With ``SBD_FULL=1 SBD_SHOTS=<directory>`` in the environment a picture of each is kept there, to be looked at.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser

from families.bulk import writing
from families.bulk.plan import Plan
from ops import clock
from tests import browser
from tests.browser import Watched
from tests.e2e import page_kinds
from tests.e2e.console_demo import STAFF, Served, serving
from tests.ops.incidents.opened import opened

pytestmark = pytest.mark.long

Scheme = Literal["light", "dark"]
# Wide, enlarged to 200 %, and on a phone.
LOOKS: tuple[tuple[Scheme, int], ...] = tuple(
    (scheme, width) for width in (1280, 640, 390) for scheme in ("light", "dark")
)
HEIGHT = 844
# More people than one page of a list shows.
FAMILIES = 60
MOST_TABS = 400
# What has the focus, which of all it is, how thick the line around it is, and whether it lies in the open.
FOCUSED = """() => {
  const it = document.activeElement, box = it.getBoundingClientRect(), style = getComputedStyle(it);
  const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    number: [...document.querySelectorAll("*")].indexOf(it),
    html: it.outerHTML.slice(0, 120),
    line: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    open: !!there && (it.contains(there) || there.contains(it)),
  };
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter(each => each.checkVisibility({visibilityProperty: true}) && each.type !== "hidden")
  .map(each => [...document.querySelectorAll("*")].indexOf(each))"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The demo, served, with some families more and an incident."""
    browser.require(request.config)
    with serving(tmp_path_factory.mktemp("looks")) as served:
        now, database = clock.now(), connection.connection[settings.MONGODB_NAME]
        # All of it from before the demo, which so stands first.
        plan = Plan(FAMILIES, members=3, most_members=5, entries=3, seed=0, now=now - timedelta(hours=1))
        for name, documents in writing.batch(plan, range(FAMILIES)).items():
            database[name].insert_many(documents)
        opened(at=now)
        yield served


@pytest.fixture
def secured(served: Served) -> Iterator[Served]:
    """The demo, where staff have a second factor; made before the browser, as Django asks."""
    connection.ensure_connection()
    users = connection.connection[settings.MONGODB_NAME]["users"]
    factor = {"on_since": 0, "backup_codes": [], "secret": "x"}
    users.update_one({"username": STAFF}, {"$set": {"second_factor": factor}})
    yield served
    users.update_one({"username": STAFF}, {"$unset": {"second_factor": ""}})


def test_every_kind_of_page_can_be_read_by_everybody_everywhere(page: Watched, served: Served) -> None:
    faults: dict[str, list[object]] = {}
    for kind in page_kinds.EVERY:
        _go(page, served, kind)
        faults[kind] = [each for each in page.look() if not _is_meant(kind, each)]
        faults[kind] += _looked_at(page, kind)

    assert {kind: found for kind, found in faults.items() if found} == {}


def test_the_way_in_can_be_read_by_everybody_everywhere(chromium: Browser, served: Served) -> None:
    watched = Watched(chromium.new_page())
    watched.open(f"{served.address}/admin/")

    assert watched.look() == []
    assert _looked_at(watched, "sign-in") == []


def test_the_code_of_the_second_factor_can_be_read_by_everybody_everywhere(
    secured: Served, chromium: Browser
) -> None:
    watched = Watched(chromium.new_page())
    watched.open(f"{secured.address}/admin/")
    secured.send_password(watched)
    watched.page.get_by_role("heading", name="One more step").wait_for()

    assert watched.look() == []
    assert _looked_at(watched, "second-factor-code") == []


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(page: Watched, served: Served) -> None:
    page.open(f"{served.address}/admin/identity/user/")
    seen: dict[int, Any] = {}
    for _ in range(MOST_TABS):
        page.page.keyboard.press("Tab")
        there = page.page.evaluate(FOCUSED)
        if there["html"].startswith("<body"):  # through, and nothing has held it
            break
        seen[there["number"]] = there

    assert there["html"].startswith("<body")
    assert [each["html"] for each in seen.values() if each["line"] < 2 or not each["open"]] == []
    assert set(page.page.evaluate(REACHABLE)) <= seen.keys()


def _go(page: Watched, served: Served, kind: str) -> None:
    """Go the way to a page of a kind."""
    first, *steps = page_kinds.EVERY[kind]
    page.open(f"{served.address}/admin/{first}")
    for step in steps:
        step(page.page)


def _looked_at(page: Watched, kind: str) -> list[object]:
    """Return what keeps somebody from reading a page, in each of the looks."""
    found: list[object] = []
    for scheme, width in LOOKS:
        # Without motion, so that nothing is still on its way from one colour to the other.
        page.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.page.set_viewport_size({"width": width, "height": HEIGHT})
        found += [(scheme, width, *fault) for fault in browser.unreadable(page.page, width)]
        if shots := os.environ.get("SBD_SHOTS"):
            name = f"{kind.replace(' ', '-')}-{width}-{scheme}.png"
            page.page.screenshot(path=Path(shots, name), full_page=True)
    page.look()  # what axe fetches itself, a policy may refuse: not what the page does
    return found


def _is_meant(kind: str, fault: str) -> bool:
    """Tell whether it is what the kind is there for."""
    status = page_kinds.REFUSALS.get(kind)
    return status is not None and status in fault
