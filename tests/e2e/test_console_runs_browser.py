"""All that a list leaves, from the box below it to the end of its run, in a browser; both ways are readable.

With ``SBD_SHOTS=<directory>`` in the environment a picture of each page is kept there, to be looked at.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests import browser
from tests.browser import Watched
from tests.e2e.console_demo import Served, serving
from tests.ops.runs.workers import at_work
from tests.ops.runs.world import REASON, RULES, some_rules

NUMBER = 130
LONGEST = 120_000  # ms, on a machine that is busy with other work
LOOKS = (("light", 1280), ("dark", 640), ("dark", 390))
pytestmark = pytest.mark.long


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The demo, served, with more rules of access than one page shows."""
    browser.require(request.config)
    with serving(tmp_path) as served:
        connection.connection[settings.MONGODB_NAME]["access_rules"].insert_many(some_rules(NUMBER))
        yield served


@pytest.fixture
def working() -> Iterator[None]:
    """Let a worker go through the demo's runs."""
    with at_work(str(settings.MONGODB_NAME)):
        yield


def test_all_that_is_left_is_removed_while_a_page_tells_how_far_it_is(
    served: Served, request: pytest.FixtureRequest
) -> None:
    with browser.chromium() as chromium:
        watched = Watched(chromium.new_page())
        page = watched.page
        served.sign_in(watched)
        watched.open(f"{served.address}{RULES}")
        page.get_by_label("All that there are, on the other pages, too").check()
        page.get_by_label("Action:").select_option("remove")
        page.get_by_role("button", name="Go…").click()
        page.get_by_text("All 130 access rules that are left chosen; 130 will be changed").wait_for()
        faults = _looked_at(watched, "confirmation-of-all")
        page.get_by_label("Reason").fill(REASON)
        page.get_by_role("button", name="Remove rules").click()
        page.get_by_role("link", name="Keep it still").click()
        faults += _looked_at(watched, "run-at-work")
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Resume").wait_for()
        faults += _looked_at(watched, "run-stopped")
        page.get_by_role("button", name="Resume").click()

        request.getfixturevalue("working")
        page.get_by_text("130 of 130.").wait_for(timeout=LONGEST)

        faults += _looked_at(watched, "run-done")
        page.get_by_role("link", name="All documents, one by one").click()
        faults += _looked_at(watched, "part-of-a-run")
        watched.open(f"{served.address}/admin/runs/")
        faults += _looked_at(watched, "runs")
        assert faults == []
        assert watched.look() == []


def _looked_at(watched: Watched, name: str) -> list[object]:
    """Return what keeps somebody from reading a page, in each of the looks."""
    page, found = watched.page, list[object](watched.look())
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its two words
        page.set_viewport_size({"width": width, "height": 844})
        found += [(name, scheme, width, *fault) for fault in browser.unreadable(page, width)]
        if shots := os.environ.get("SBD_SHOTS"):
            page.screenshot(path=Path(shots, f"{name}-{width}-{scheme}.png"), full_page=True)
    watched.look()  # what axe fetches itself, a policy may refuse: not what the page does
    return found
