"""Which reports there are, and over how long. No database, no clock.

Source: HTTP contract, section 13.
"""

from datetime import timedelta
from enum import StrEnum


class ReportType(StrEnum):
    """What a report tells."""

    COMPREHENSIVE = "comprehensive"
    SUMMARY = "summary"
    TRANSACTIONS_ONLY = "transactions_only"


class ExportFormat(StrEnum):
    """How a report is written."""

    JSON = "json"
    CSV = "csv"


LONGEST = timedelta(days=366)
USUAL_REPORT = timedelta(days=365)
USUAL_CHECK = timedelta(days=30)
