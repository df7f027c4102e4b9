"""Who may see a run, and stop or resume it: who started it, and who may do by hand what it does."""

from ops.actors import Actor
from ops.mongo.collections import Document


def may_see(actor: Actor, run: Document) -> bool:
    """Tell whether somebody may see a run, and stop or resume it; it acts in the name of who started it."""
    app, _, model = run["page"].partition(".")
    by_hand = (run["permission"], f"{app}.view_{model}")
    return bool(run["by"]["id"] == actor.id) or all(actor.may(each) for each in by_hand)
