"""Seeing as somebody, in the look at audit entries."""

from typing import Any

from family_site.identity.actions import viewing
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor, ActorKind
from ops.mongo.collections import collection
from tests.audited import HOUSE, WHY, Row, by_staff
from tests.console import Console
from tests.factories import new_person, new_staff

PARTS = {
    "viewing.note_end": "of ending a session, or of what its staff sees as somebody",
    "viewing.note_ends": "of ending sessions",
}
ROWS: dict[str, Row] = {
    # Begun again, the one before ends and another begins.
    "viewing.begin": Row(lambda _: _begin("idle_viewer"), "viewing_as.begun", again=2),
    "viewing.end": Row(
        lambda _: viewing.end(HOUSE["viewer"].session_id, viewing.ANOTHER, **by_staff()), "viewing_as.ended"
    ),
}


def house() -> dict[str, Any]:
    """Return two members of staff in the console, one of whom sees as somebody; and whom they see as."""
    seen, viewer = new_person().id, _in_console()
    viewing.begin(seen, actor=viewer, now=clock.now(), reason=WHY)
    # Over, so that a row that ends everybody's sessions has no second entry: of what this one sees.
    collection("sessions").update({"_id": viewer.session_id}, {"$set": {"expires_at": clock.now()}})
    return {"viewed": seen, "viewer": viewer, "idle_viewer": _in_console()}


def _in_console() -> Actor:
    person = new_staff(Role.SUPERUSER)
    Console(person)
    session = collection("sessions").find({"user_id": person.id, "kind": "browser"}, limit=1)[0]
    everything = frozenset({"*"})
    return Actor(ActorKind.STAFF, person.id, person.username, everything, session_id=session["_id"])


def _begin(who: str) -> None:
    viewing.begin(HOUSE["viewed"], actor=HOUSE[who], now=clock.now(), reason=WHY)
