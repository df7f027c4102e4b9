"""What stands about runs at the top of every page, and on the first one while any runs."""

from typing import Any

from django.urls import reverse

from ops.actors import ANY_STAFF, Actor, ActorKind
from ops.console import boards, jumps
from ops.console.places import Place, View, register
from ops.console.showing import Table
from ops.run_console import doing, pages
from ops.run_console.rights import may_see
from ops.runs import records, working


def enter() -> None:
    """Register how runs act, their pages, and the board."""
    working.register(doing.prepare)
    boards.register_own(board)
    jumps.register("run_", ANY_STAFF, _jump)
    below: list[tuple[str, View, str]] = [
        ("<str:run_id>/", pages.one, "run"),
        ("<str:run_id>/<str:name>/", pages.act, "run_act"),
    ]
    register(Place("runs", "Runs", ANY_STAFF, pages.listed, below))


def board(user: Any) -> Table | None:
    """Return the runs at work that a user may see; ``None``: there are none."""
    actor = Actor(ActorKind.STAFF, user.pk, permissions=frozenset(user.get_all_permissions()))
    seen = [each for each in records.running() if may_see(actor, each)]
    if not seen:
        return None
    shown = pages.table("Runs at work", seen)
    return Table(shown.title, shown.columns, shown.rows, more=(reverse("admin:runs"), "All runs"))


def _jump(run_id: str) -> str:
    """Return the address of a run's page, which itself says whether there is one for whoever looks."""
    return reverse("admin:run", args=(run_id,))
