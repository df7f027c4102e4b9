"""What the console's first page shows of incidents."""

from collections.abc import Iterable

from django.urls import reverse

from ops import clock
from ops.console import boards
from ops.console.showing import Table
from ops.incident_console import pages, wording
from ops.incident_console.rights import SEE, SEE_SECURITY
from ops.incidents import follow_ups, records
from ops.incidents.follow_ups import Overdue
from ops.incidents.kinds import Kind
from ops.mongo.collections import Document


def enter() -> None:
    """Register the boards; those who may not see security matters are not told that there are any."""
    boards.register(SEE, open_ones)
    boards.register(SEE_SECURITY, security)
    boards.register(SEE, left)


def open_ones() -> Table:
    """Return the incidents that are open, the worst first."""
    return _table("Open incidents", (each for each in records.open_ones() if not _is_of_security(each)))


def security() -> Table:
    """Return the security incidents that are open, and whatever is left of those that are not."""
    found = [each for each in records.open_ones() if _is_of_security(each)]
    known = {each["_id"] for each in found}
    late = follow_ups.overdue(clock.now().date(), of_security=True)
    rest = {each.incident["_id"]: each.incident for each in late if each.incident["_id"] not in known}
    return _table("Security incidents", [*found, *rest.values()])


def left() -> Table:
    """Return the follow-ups whose day is over, the oldest first."""
    late = follow_ups.overdue(clock.now().date(), of_security=False)
    head = ("what", "owner", "due", "incident")
    return Table("Overdue follow-ups", head, [_row(each) for each in late], empty="None is overdue.")


def _row(late: Overdue) -> tuple[object, ...]:
    follow_up = late.follow_up
    due = wording.overdue(follow_up)
    return follow_up["what"], follow_up["owner"], due, wording.link(late.incident)


def _table(title: str, incidents: Iterable[Document]) -> Table:
    now = clock.now()
    rows = [pages.row(each, now) for each in incidents]
    more = (reverse("admin:incidents"), "All incidents")
    return Table(title, pages.HEAD, rows, empty="None is open.", more=more)


def _is_of_security(incident: Document) -> bool:
    return bool(incident["kind"] == Kind.SECURITY)
