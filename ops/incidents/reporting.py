"""What the product itself finds broken while it answers somebody: an incident, without a second look."""

from datetime import datetime

from ops.actors import Actor
from ops.incidents import records, starting
from ops.incidents.kinds import Kind, Severity, Source
from ops.incidents.starting import Report
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work

AUDIT_SECTION = 17
BY = Actor.system("audit")


@unit_of_work()
def report_broken_audit(family_id: str, *, now: datetime) -> Document:
    """Open an incident of a family's entries of the audit log that are not whole; returns it.

    One that is open already stays as it is. Source: HTTP contract, section 13 (integrity check).
    """
    about = f"audit:{family_id}"
    claimed = starting.claim(about)
    before = records.find(claimed["incident"]) if claimed["incident"] else None
    if before is not None and starting.is_open(before):
        return before
    title = f"The audit log of {family_id} is not whole."
    report = Report(Kind.DATA, Severity.P1, title, Source.PRODUCT, about, AUDIT_SECTION)
    fields = {"checks": ["audit"]}
    found = starting.open_or_reopen(before, report, fields, "It was found again.", actor=BY, now=now)
    starting.write_claim(about, {"incident": found["_id"], "episodes": {}})
    return found
