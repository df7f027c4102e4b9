"""Entries of one account in the console: its statement, as a list that can be narrowed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from ops.console import filters, jumps, references
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, amount, plain, time_of
from tokens.models import SbdEntry
from tokens.rules import Kind

ACCOUNT = "account"


class KindFilter(filters.ConsoleFilter):
    """By kind. The list is of one account, so it has an index with the kind in it."""

    title = "kind"
    parameter_name = "kind"
    field = "kind"
    needs_order = False

    def lookups(self, request: HttpRequest, page: Any) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Return the kinds of transactions."""
        return [(each.value, each.value) for each in Kind]


@admin.register(SbdEntry)
class SbdEntryAdmin(ConsoleAdmin[SbdEntry]):
    """The statement of an account; accounts lead here. Without an account there is nothing to list."""

    list_display = ("time", "kind", "change", "balance", "with_account", "by", "note_shown")
    list_display_links = ("time",)
    list_filter = (
        filters.by_link("account", "account", ACCOUNT),
        KindFilter,
        filters.by_period("at", "time"),
    )
    ordering = ("-at", "-pk")
    fields = (
        *("id", "of_account", "seq", "time", "kind", "change", "balance", "with_account", "by"),
        *("note_shown", "moved_by", "related_to"),
    )

    time = time_of("at", "time")

    def has_module_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # Django's signature
        """Stand in no menu: the way here is an account."""
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the entries of an account; for a list without one, none: no index would give the order."""
        every = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name != "tokens_sbdentry_change"
        return every.none() if is_list and not request.GET.get(ACCOUNT) else every

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list; without an account, say what is missing."""
        hint = "" if request.GET.get(ACCOUNT) else "Choose an account: its page leads to its entries."
        return super().changelist_view(request, {"hint": hint, **(extra_context or {})})

    def refers_to(self, document: SbdEntry) -> Iterable[str | None]:
        """Return accounts, actor, transaction, and what was paid for."""
        yield from (document.account, document.transaction, document.other.get("account"))
        yield from (document.actor.get("user_id"), (document.related or {}).get("id"))

    @admin.display(description="account")
    def of_account(self, entry: SbdEntry) -> str:
        """Whose entry it is."""
        return references.shown(entry, entry.account)

    @admin.display(description="amount")
    def change(self, entry: SbdEntry) -> str:
        """By how many tokens the balance changed."""
        return amount(entry.amount, signed=True)

    @admin.display(description="balance after")
    def balance(self, entry: SbdEntry) -> str:
        """What was on the account then; the system's own accounts do not keep it."""
        return NOTHING if entry.balance_after is None else amount(entry.balance_after)

    @admin.display(description="other account")
    def with_account(self, entry: SbdEntry) -> str:
        """From or to which account."""
        return references.shown(entry, entry.other.get("account"))

    def by(self, entry: SbdEntry) -> str:
        """Who did it."""
        return references.shown(entry, entry.actor.get("user_id"))

    @admin.display(description="note")
    def note_shown(self, entry: SbdEntry) -> Any:
        """The account's own note."""
        return plain(entry.note)

    @admin.display(description="transaction")
    def moved_by(self, entry: SbdEntry) -> str:
        """The transaction that it is a part of."""
        return references.shown(entry, entry.transaction)

    @admin.display(description="what for")
    def related_to(self, entry: SbdEntry) -> str:
        """What was paid for."""
        return references.shown(entry, (entry.related or {}).get("id"))


def _page_of(identifier: str) -> str | None:
    """Return the page of an entry: its id begins with its account's."""
    is_there = ":" in identifier and SbdEntry.objects.filter(pk=identifier).exists()
    return references.page_of("tokens.sbdentry", identifier) if is_there else None


jumps.register("acc_", "tokens.view_sbdentry", _page_of)
