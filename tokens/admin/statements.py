"""An account's statement in the console: its newest entries as a table, and all of them as CSV."""

from django.http import StreamingHttpResponse

from ops.console import references
from ops.console.showing import NOTHING, Table, amount, plain, when
from ops.mongo.collections import Document
from ops.paging import Part
from ops.web import sheets
from tokens import queries
from tokens.models import SbdAccount

SHOWN = 20
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


def download(account: SbdAccount) -> StreamingHttpResponse:
    """Return the whole statement as a file, newest entry first, read and sent part by part."""
    found = queries.whole_statement(account.pk, filters={})
    parts = ([_cells(each) for each in entries] for entries in found)
    return StreamingHttpResponse(
        sheets.pieces(HEADS, parts),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{account.username}.csv"',
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
