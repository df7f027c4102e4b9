"""Reports for whoever has to account for a family's tokens: what moved, what was changed, and that it is so.

Source: HTTP contract, section 13.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from families import queries, record_queries
from families.record_queries import Sum
from families.rules.records import ExportFormat, ReportType
from ops import audit
from ops.actors import Actor
from ops.audit.of_family import Checked
from ops.ids import new_id
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from ops.paging import Part
from tokens import queries as accounts

# Of a report in JSON; in CSV there are all.
MOST_DETAILED = 1000
# As the database keeps time.
MOMENT = timedelta(milliseconds=1)


class Wanted(NamedTuple):
    """Which report, in which form, from when on and before when."""

    kind: ReportType
    form: ExportFormat
    since: datetime
    until: datetime

    @property
    def filters(self) -> dict[str, datetime]:
        """Its time, as ``tokens.queries.statement`` takes it."""
        return {"since": self.since, "until": self.until}


class Report(NamedTuple):
    """What a report says; ``opening``, ``closing``: balances before and at the end.

    ``entries``: the newest, each with what the audit log has of it; none unless they are wanted in JSON.
    ``has_more``: whether there are older ones.
    """

    report_id: str
    family: Document
    opening: int
    closing: int
    sums: Sequence[Sum]
    changes: Mapping[str, int]
    checked: Checked
    entries: Sequence[Document]
    trails: Sequence[Sequence[Document]]
    has_more: bool


@unit_of_work()
def report(family_id: str, wanted: Wanted, *, actor: Actor, now: datetime) -> Report:
    """Make a report, on one snapshot: what it says agrees with itself.

    Raises:
        FamilyNotFoundError: no such family, dissolved, or not the actor's.
        InsufficientPermissionsError: the actor is no admin of it.
    """
    family = queries.family_managed_by(actor, family_id)
    since, until, account_id = wanted.since, wanted.until, family["account_id"]
    entries, trails, has_more = _entries(family, wanted)
    made = Report(
        new_id("rpt"),
        family,
        accounts.balance_at(account_id, _before(since)),
        accounts.balance_at(account_id, _before(until)),
        record_queries.sums(account_id, since, until),
        record_queries.changes(family_id, since, until),
        record_queries.integrity(family_id, since, until, now=now),
        entries,
        trails,
        has_more,
    )
    audit.record(
        actor,
        "compliance.reported",
        target=family_id,
        family_id=family_id,
        now=now,
        after={
            "report_id": made.report_id,
            "report_type": str(wanted.kind),
            "export_format": str(wanted.form),
            "since": since.isoformat(),
            "until": until.isoformat(),
        },
    )
    return made


def _entries(family: Document, wanted: Wanted) -> tuple[list[Document], list[list[Document]], bool]:
    if wanted.kind == ReportType.SUMMARY or wanted.form == ExportFormat.CSV:
        return [], [], False
    part = Part(MOST_DETAILED)
    page, trails = record_queries.history(family["_id"], family["account_id"], part, filters=wanted.filters)
    return page.rows, trails, page.older is not None


def _before(moment: datetime) -> datetime:
    return moment - min(MOMENT, moment - datetime.min.replace(tzinfo=UTC))
