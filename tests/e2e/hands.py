"""The two ways in which staff use a page, by mouse and by keyboard, with their presses counted.

A press is a click, or the key that stands for one: Enter on a link or a button, ``/`` for the search. Typing,
and the way to what is pressed, count for nothing. Whatever is typed goes where the page has put the cursor.
"""

from abc import ABC, abstractmethod

from playwright.sync_api import Locator, Page

MOST_TABS = 400


class Hand(ABC):
    """A way to use a page; ``presses``: how often something was pressed so far."""

    def __init__(self, page: Page) -> None:
        """Take the page."""
        self.page = page
        self.presses = 0

    def press(self, what: Locator) -> None:
        """Press a link or a button, and wait for the page that it leads to."""
        self.presses += 1
        with self.page.expect_navigation():
            self._press(what)

    def enter(self, field: Locator, text: str) -> None:
        """Go to a field, and type into it in place of what is there."""
        self._go_to(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def type(self, text: str) -> None:
        """Type where the cursor is."""
        self.page.keyboard.type(text)

    @abstractmethod
    def find(self, text: str) -> None:
        """Find by the box that stands on every page."""

    @abstractmethod
    def _press(self, what: Locator) -> None: ...

    @abstractmethod
    def _go_to(self, field: Locator) -> None: ...


class Mouse(Hand):
    """Points and clicks."""

    def find(self, text: str) -> None:
        """Click into the box, type, click its button."""
        box = self.page.get_by_role("search")
        self._go_to(box.get_by_role("searchbox"))
        self.type(text)
        self.press(box.get_by_role("button"))

    def _press(self, what: Locator) -> None:
        what.click()

    def _go_to(self, field: Locator) -> None:
        self.presses += 1
        field.click()


class Keyboard(Hand):
    """Has no mouse: tabs to everything, and must see where it is."""

    def find(self, text: str) -> None:
        """Press ``/``, type, press Enter."""
        self.presses += 1
        self.page.keyboard.press("/")
        self.type(text)
        self.presses += 1
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _press(self, what: Locator) -> None:
        self._go_to(what)
        self.page.keyboard.press("Enter")

    def _go_to(self, field: Locator) -> None:
        for _ in range(MOST_TABS):
            if field.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Nobody gets to it by the keyboard: {field}")
