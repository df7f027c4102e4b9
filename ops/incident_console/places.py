"""What stands at the top of every page of the console: the way to the incidents."""

from django.urls import reverse

from ops.console import jumps
from ops.console.places import Place, register
from ops.incident_console import act_pages, one_page, pages
from ops.incident_console.rights import SEE
from ops.incidents import records


def enter() -> None:
    """Register the pages."""
    below = (
        ("open/", act_pages.open_one, "incident_open"),
        ("<str:incident_id>/", one_page.one, "incident"),
        ("<str:incident_id>/<str:name>/", act_pages.act, "incident_act"),
    )
    register(Place("incidents", "Incidents", SEE, pages.listed, below))
    jumps.register(records.INCIDENT, SEE, _page_of)


def _page_of(incident_id: str) -> str:
    """Return the address of an incident's page, which itself says whether there is one for whoever looks."""
    return reverse("admin:incident", args=(incident_id,))
