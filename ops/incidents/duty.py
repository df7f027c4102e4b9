"""What is done whatever else is dead: see ``ops.rounds``. It writes only the control database."""

from ops.incidents import escalating, standing_in
from ops.rounds.registry import Round, register

EVERY_SECONDS = 15.0


def enter() -> None:
    """Enter it, and the round that stands in for the worker."""
    register(Round("incidents", EVERY_SECONDS, escalating.make_round))
    standing_in.enter()
