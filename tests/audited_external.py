"""Sign-in at another provider, for the look at audit entries."""

from typing import Any

from family_site.identity.actions import external
from family_site.identity.actions.external import Stranger
from tests.audited import HOUSE, Row, at, by_staff
from tests.family_site.travelling import confirmed

NEST = "https://nest.example"


def house() -> dict[str, Any]:
    """Return somebody whose address is confirmed, at the provider, too."""
    stranger, linked = Stranger(NEST, "bird-7", confirmed().email), confirmed()
    external.recognised(Stranger(NEST, "bird-8", linked.email), **by_staff())
    return {"stranger": stranger, "linked": linked}


ROWS: dict[str, Row] = {
    "external.recognised": Row(
        lambda _: external.recognised(HOUSE["stranger"], **by_staff()), "identity.linked"
    ),
    "external.unlink": Row(lambda _: external.unlink(NEST, **at(HOUSE["linked"])), "identity.unlinked"),
}
