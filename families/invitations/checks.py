"""What is looked at without being asked for by a client: how many invitations there are, for the metrics."""

from collections.abc import Mapping

from families.invitations import queries
from ops import clock
from ops.metrics.sources import Figure, Found, Source


def figures() -> Mapping[str, Found]:
    """Return how many are open, and how many ended and are not marked so."""
    now = clock.now()
    return {"invitations_open": queries.open_count(now), "invitations_overdue": queries.overdue_count(now)}


FIGURES = Source(
    "invitations",
    [
        Figure("invitations_open", "Invitations that can be answered."),
        Figure("invitations_overdue", "Invitations that have expired and are not marked so."),
    ],
    figures,
)
