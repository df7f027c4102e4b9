"""Reports in the look at audit entries."""

from datetime import timedelta
from typing import Any

from families.actions import reporting
from families.actions.reporting import Wanted
from families.rules.records import ExportFormat, ReportType
from ops import clock
from tests.audited import HOUSE, Row, at
from tests.factories import Person


def _report(person: Person) -> None:
    now = clock.now()
    wanted = Wanted(ReportType.SUMMARY, ExportFormat.JSON, now - timedelta(days=1), now)
    reporting.report(HOUSE["own"], wanted, **at(person))


ROWS: dict[str, Row] = {"reporting.report": Row(_report, "compliance.reported", again=1)}


def house() -> dict[str, Any]:
    """Return what the rows need: nothing that is not there."""
    return {}
