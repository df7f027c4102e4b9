"""A real Chromium for the tests; without one they skip, and say so loudly."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships none
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAM = Path("/usr/bin/chromium")
# It speaks to nobody but the page it is shown.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Beside what axe looks for by itself: WCAG 2.2, 2.5.8, which it leaves to whoever asks.
RULES = {"rules": {"target-size": {"enabled": True}}}
MISSING = f"NO BROWSER: {PROGRAM} is not there (Debian's package `chromium`); the browser tests do not run."


@dataclass
class Watched:
    """A page, and everything that went wrong on it since the last look."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen."""
        self.page.on("console", lambda said: self._note(said.type in {"error", "warning"}, said.text))
        self.page.on("pageerror", lambda error: self._note(True, f"script: {error}"))  # noqa: FBT003  # always
        self.page.on("requestfailed", lambda sent: self._note(sent.failure != "net::ERR_ABORTED", sent.url))
        self.page.on("response", lambda got: self._note(got.status >= 400, f"{got.status} {got.url}"))

    def open(self, address: str) -> None:
        """Go to an address and wait until it and all it names is loaded."""
        self.page.goto(address, wait_until="load")

    def look(self) -> list[str]:
        """Return what went wrong, and forget it."""
        seen, self.faults = self.faults, []
        return seen

    def _note(self, happened: Any, what: str) -> None:
        if happened:
            self.faults.append(f"{self.page.url}: {what}")


def unreadable(page: Page, width: int) -> list[tuple[str, str]]:
    """Return what keeps somebody from reading a page: what axe finds, and what is wider than the window."""
    page.wait_for_load_state("load")  # axe reads a document that is still being replaced as none at all
    found = Axe().run(page, options=RULES).response["violations"]
    faults = [(each["id"], each["nodes"][0]["html"]) for each in found]
    needed = page.evaluate("document.documentElement.scrollWidth")
    return faults + ([("wider than the window", str(needed))] if needed > width else [])


def require(config: pytest.Config) -> None:
    """Skip what asks if there is no browser, and say so aloud.

    With ``REQUIRE_BROWSER=1`` in the environment a missing one is a failure.
    """
    if PROGRAM.exists():
        return
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(MISSING)
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        # Past the capture, so that it is seen; a worker's standard output leads nowhere.
        print(f"\n*** {MISSING} ***", file=sys.stderr)  # noqa: T201
    pytest.skip(MISSING)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium."""
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=PROGRAM, args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()
