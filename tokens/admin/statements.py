"""An account's statement in the console: its newest entries as a table, and those of a period as CSV."""

from collections.abc import Mapping

from django.http import StreamingHttpResponse

from ops.console import periods, references, zones
from ops.console.showing import NOTHING, Table, amount, plain, when
from ops.errors import FieldFault, ValidationFailedError
from ops.mongo.collections import Document
from ops.paging import Part
from ops.web import sheets
from tokens import queries
from tokens.models import SbdAccount

SHOWN = 20
PERIOD, ALL = "period", "all"
OFFERED = (
    (ALL, "All of it"),
    *((name, periods.NAMED[name]) for name in ("this-month", "last-month")),
)
COLUMNS = ("time", "kind", "amount", "balance after", "other account", "by", "note")
HEADS = (
    *("seq", "timestamp", "type", "direction", "amount", "balance_after"),
    *("other_account", "actor", "note", "transaction_id"),
)


def newest(account_id: str) -> list[Document]:
    """Return the newest entries of an account."""
    return queries.statement(account_id, Part(SHOWN), filters={}).rows


def as_table(account: SbdAccount, entries: list[Document]) -> Table:
    """Return entries as a table with the running balance, and a link to all of them."""
    rows = [
        (
            references.link("tokens.sbdtransaction", each["transaction"], when(each["at"])),
            each["kind"],
            f"{each['amount']:+,}",
            NOTHING if each["balance_after"] is None else amount(each["balance_after"]),
            references.link("tokens.sbdaccount", each["other"]["account"], each["other"]["username"]),
            each["actor"]["username"],
            plain(each["note"]),
        )
        for each in entries
    ]
    more = (references.list_of("tokens.sbdentry", account=account.pk), "All entries")
    return Table("Statement", COLUMNS, rows, empty="No entry yet.", more=more if rows else None)


def download(account: SbdAccount, asked: Mapping[str, str]) -> StreamingHttpResponse:
    """Return the statement as a file, newest entry first, read and sent part by part.

    Args:
        account: whose.
        asked: ``period``: ``all``, or a text of ``ops.console.periods``; without it the days ``period_from``
            and ``period_to``; none of them: the whole statement.

    Raises:
        ValidationFailedError: there is no such period.
    """
    text = asked.get(PERIOD) or periods.sent(asked, [PERIOD]).get(PERIOD, "")
    text = "" if text == ALL else text
    try:
        period = periods.read(text, zones.today()) if text else periods.ALWAYS
    except ValueError:
        fault = FieldFault(PERIOD, "invalid_choice", "There is no such period.")
        raise ValidationFailedError([fault]) from None
    found = queries.whole_statement(account.pk, filters={"since": period.start, "until": period.end})
    name = f"{account.username}-{text}" if text else account.username
    parts = ([_cells(each) for each in entries] for entries in found)
    return StreamingHttpResponse(
        sheets.pieces(HEADS, parts),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _cells(entry: Document) -> list[object]:
    return [
        entry["seq"],
        entry["at"],
        entry["kind"],
        "debit" if entry["amount"] < 0 else "credit",
        abs(entry["amount"]),
        entry["balance_after"],
        entry["other"]["username"],
        entry["actor"]["username"],
        entry["note"],
        entry["transaction"],
    ]
