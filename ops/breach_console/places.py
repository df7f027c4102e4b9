"""What stands at the top of every page of the console."""

from ops.breach_console import pages
from ops.console.places import Place, register

SEE = "ops.view_security"


def enter() -> None:
    """Register the page."""
    register(Place("breach-scope", "Breach scope", SEE, pages.breach_scope))
