"""What the console's first page shows of doctor."""

from django.urls import reverse
from django.utils.html import format_html

from ops import clock
from ops.console.showing import Table, when
from ops.doctor import recording
from ops.doctor.check import Result
from ops.health_console.pages import badge

SHOWN = 6


def board() -> Table:
    """Return the worst causes of what doctor last saw, or that all is well."""
    seen, now = recording.latest(), clock.now()
    more = (reverse("admin:health"), "Health, check by check")
    head = ("check", "result", "evidence", "explains")
    if seen is None:
        return Table("Doctor", head, (), empty="Doctor has not looked in the last 25 hours.", more=more)
    looked = format_html("looked at {}", when(seen["at"]))
    rows: list[tuple[str, str, str, str]] = [("all", badge(seen["result"]), looked, "")]
    if recording.is_stale(seen, now):
        over = "what stands below may be over"
        rows.append(("worker, beat", badge(Result.FAILED), "the job that looks is not done", over))
    for finding, symptoms in list(recording.causes(seen))[:SHOWN]:
        evidence, below = "; ".join(finding["evidence"]), ", ".join(each["name"] for each in symptoms)
        rows.append((finding["name"], badge(finding["result"]), evidence, below))
    return Table("Doctor", head, rows, more=more)
