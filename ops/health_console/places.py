"""What stands at the top of every page of the console."""

from ops.console.places import Place, register
from ops.health_console import fix_pages, pages, runbook_pages

SEE = "ops.view_health"


def enter() -> None:
    """Register the pages."""
    register(Place("health", "Health", SEE, pages.health))
    below = (
        ("<int:number>/", runbook_pages.one_page, "runbook_page"),
        ("fix/<str:name>/", fix_pages.fix, "runbook_fix"),
    )
    register(Place("runbook", "Runbook", SEE, runbook_pages.contents, below))
