"""Where the pages about health lead: a section of the runbook, a fix."""

from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.html import format_html

from ops.doctor.fixes import registry
from ops.doctor.fixes.fix import Fix
from ops.runbook import pages
from ops.runbook.pages import Page, PageError


def sections() -> dict[int, Page]:
    """Return the pages of the runbook by number; none, if one is broken: health is shown without them."""
    try:
        return {page.number: page for page in pages.all_pages()}
    except PageError:
        return {}


def section(number: int, known: dict[int, Page]) -> str:
    """Return a link to a section, or its number where there is no page of it."""
    page = known.get(number)
    if page is None:
        return f"Section {number}"
    address = reverse("admin:runbook_page", args=(number,))
    return format_html('<a href="{}">Section {}: {}</a>', address, number, page.title)


def number(section: int, known: dict[int, Page]) -> str:
    """Return the same in short."""
    if section not in known:
        return str(section)
    address = reverse("admin:runbook_page", args=(section,))
    return format_html('<a href="{}">{}</a>', address, section)


def fix(name: str) -> str:
    """Return the address of a fix."""
    return reverse("admin:runbook_fix", args=(name,))


def fixes_for(checks: Iterable[str]) -> Sequence[Fix]:
    """Return the fixes that mend what one of these checks found."""
    found = set(checks)
    return [each for each in registry.fixes() if found & set(each.mends)]
