"""The mail about an incident: it says how the incident is when it is rendered."""

from ops.contacts import people
from ops.errors import NotFoundError
from ops.incidents import pages, records, wording
from ops.incidents.kinds import State
from ops.outbox.templates import Context, Facts, NoLongerWantedError, Template, register

NAME = "incident"
SAMPLE = {
    "headline": "P1 service outage: The web processes are not ready.",
    "contact": "on-call engineer",
    "asked": "Please acknowledge it by 2026-01-31 12:15 UTC.",
    "incident_id": "inc_0000",
    "state": "open",
    "since": "2026-01-31 12:00 UTC",
    "link": "https://app.families.example.com/admin/incidents/inc_0000/",
    "is_security": False,
}


def enter() -> None:
    """Register the template."""
    register(Template(NAME, "{headline}", _facts, SAMPLE))


def _facts(context: Context) -> Facts:
    """Return what the mail shows.

    Raises:
        NoLongerWantedError: it would wake a later contact for what is over; or it is gone.
    """
    page = pages.find(context["page_id"])
    if page is None:
        raise NoLongerWantedError("nobody is to be told any more")
    try:
        incident = records.find(page["incident"])
    except NotFoundError:
        raise NoLongerWantedError("the incident is gone") from None
    if page["level"] and incident["state"] == State.RESOLVED:
        raise NoLongerWantedError("the incident is resolved")
    seen = wording.about(incident)
    return {
        "headline": wording.headline(incident),
        "contact": people.TITLES[page["contact"]],
        "asked": wording.asked(page, incident),
        "incident_id": incident["_id"],
        "state": incident["state"],
        "since": f"{incident['opened_at']:%Y-%m-%d %H:%M} UTC",
        "link": seen.link,
        "is_security": seen.title is None,
    }
