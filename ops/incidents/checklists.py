"""Which boxes an incident has, by what it is and how bad it is."""

from ops.incidents.boxes import BY_SEVERITY, SECURITY, SERVICE, Box
from ops.incidents.kinds import Kind, Severity
from ops.mongo.collections import Document

__all__ = ["Box", "boxes"]


def boxes(incident: Document) -> list[Box]:
    """Return the boxes of an incident, in the order of the runbook, those of its severity last.

    A box that was ticked while the incident was of another kind or severity is not among them.
    """
    of_kind = SECURITY if incident["kind"] == Kind.SECURITY else SERVICE
    return [*of_kind, *BY_SEVERITY[Severity(incident["severity"])]]
