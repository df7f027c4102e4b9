"""Who may see an incident."""

from ops.actors import Actor, ActorKind
from ops.incidents.kinds import Kind
from ops.mongo.collections import Document

VIEW, VIEW_SECURITY = "ops.view_incident", "ops.view_security"


def may_see(actor: Actor, incident: Document) -> bool:
    """Tell whether somebody may see an incident: of security only who may see what looks like an attack.

    Who has a shell on the machine, and the jobs, see all of them.
    """
    if actor.kind in {ActorKind.SHELL, ActorKind.SYSTEM}:
        return True
    return actor.may(VIEW) and (incident["kind"] != Kind.SECURITY or actor.may(VIEW_SECURITY))
