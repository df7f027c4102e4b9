"""Transactions in the console: what moved, by whom, and undone if it must be. None is ever changed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html, format_html_join

from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references, search
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, amount, plain, time_of, when
from ops.mongo.collections import collection
from tokens.actions import reversing
from tokens.models import SbdTransaction
from tokens.rules import Kind

OF_REQUEST_SHOWN = 10
KINDS = [(each.value, each.value) for each in Kind]


def _effect_of_reversing(transaction: SbdTransaction, _actor: Actor) -> Effect:
    if transaction.reverses:
        return Effect("It is a reversal itself.", changes=False)
    if _reversal_of(transaction):
        return Effect("It has been reversed already.", changes=False)
    back = [(_account(transaction, each), f"{-each['amount']:+,}") for each in transaction.postings]
    moves = format_html_join(", ", "{} {}", back)
    return Effect(format_html("A new transaction moves the tokens back: {}. This one stays as it is.", moves))


@admin.register(SbdTransaction)
class SbdTransactionAdmin(ConsoleAdmin[SbdTransaction]):
    """Find a transaction by its id or by who made it; see what it moved; undo it by another one."""

    list_display = ("time", "kind", "moved", "postings_shown", "by", "is_reversed")
    list_display_links = ("time",)
    list_filter = (
        filters.by_link("actor", "actor", "actor"),
        filters.by_choice("kind", "kind", KINDS),
        filters.by_period("at", "time"),
    )
    search_fields = ("=pk", "=actor")
    search_help_text = "Exact id of a transaction, or of who made it."
    ordering = ("-at", "-pk")
    narrowed_by = ("q", "actor")
    narrowed_ordering = ("-at",)
    fieldsets = (
        (None, {"fields": ("id", "kind", "time", "moved", "by", "note_shown", "related_to")}),
        ("Reversal", {"fields": ("undone", "undoes")}),
        ("Named by", {"fields": ("key_shown", "request_shown")}),
    )
    actions = ("reverse",)

    time = time_of("at", "time")

    def condition(self, term: str) -> Q:
        """Find one by its id, or those of an actor, each by an index."""
        return Q(pk=term) if term.startswith("txn_") else Q(actor=term)

    def complete(self, documents: Sequence[SbdTransaction]) -> None:
        """Find out which were reversed, all together, beside the rest."""
        ids = [each.pk for each in documents]
        found = (
            collection("sbd_transactions").find(
                {"reverses": {"$in": ids}}, {"reverses": 1}, limit=len(documents)
            )
            if ids
            else []
        )
        by_id = {each["reverses"]: each["_id"] for each in found}
        for document in documents:
            document.reversed_by = by_id.get(document.pk)  # type: ignore[attr-defined]  # read by _reversal_of
        super().complete(documents)

    def refers_to(self, document: SbdTransaction) -> Iterable[str | None]:
        """Return accounts, actor, what was paid for, and the transactions that undo or are undone."""
        yield from (each["account"] for each in document.postings)
        yield from (document.actor, document.reverses, _reversal_of(document))
        yield (document.related or {}).get("id")

    @admin.display(description="tokens")
    def moved(self, transaction: SbdTransaction) -> str:
        """How many tokens moved."""
        return amount(sum(each["amount"] for each in transaction.postings if each["amount"] > 0))

    @admin.display(description="accounts")
    def postings_shown(self, transaction: SbdTransaction) -> str:
        """From where to where."""
        parts = sorted(transaction.postings, key=lambda each: bool(each["amount"] > 0))
        return format_html_join(" → ", "{}", ((_account(transaction, each),) for each in parts))

    def by(self, transaction: SbdTransaction) -> str:
        """Who did it."""
        return references.shown(transaction, transaction.actor)

    @admin.display(description="note")
    def note_shown(self, transaction: SbdTransaction) -> Any:
        """The payer's words."""
        return plain(transaction.note)

    @admin.display(description="what for")
    def related_to(self, transaction: SbdTransaction) -> str:
        """What was paid for."""
        return references.shown(transaction, (transaction.related or {}).get("id"))

    @admin.display(description="reversed", boolean=True)
    def is_reversed(self, transaction: SbdTransaction) -> bool:
        """Whether another transaction undid it."""
        return _reversal_of(transaction) is not None

    @admin.display(description="reversed by")
    def undone(self, transaction: SbdTransaction) -> str:
        """The transaction that undid it."""
        return references.shown(transaction, _reversal_of(transaction))

    @admin.display(description="reverses")
    def undoes(self, transaction: SbdTransaction) -> str:
        """The transaction that it undid."""
        return references.shown(transaction, transaction.reverses)

    @admin.display(description="key")
    def key_shown(self, transaction: SbdTransaction) -> Any:
        """The intent: there is no second transaction of it."""
        return plain(transaction.key)

    @admin.display(description="request")
    def request_shown(self, transaction: SbdTransaction) -> Any:
        """In which request it was made."""
        return references.to_request(transaction.request_id)

    @confirmed_action(
        "Reverse", permission="tokens.reverse_transaction", preview=_effect_of_reversing, of_one=True
    )
    def reverse(self, chosen: Sequence[SbdTransaction], actor: Actor, reason: str) -> Outcomes:
        """Move the tokens back."""
        return Outcomes.of_action(reversing.reverse, chosen, actor, reason)

    def tables(self, document: SbdTransaction) -> Sequence[Table]:
        """Return its postings."""
        rows = [(_account(document, each), f"{each['amount']:+,}") for each in document.postings]
        return [Table("Postings", ("account", "amount"), rows)]

    def elsewhere(self, document: SbdTransaction) -> Sequence[tuple[str, str]]:
        """Return a link to what else its actor moved."""
        address = references.list_of("tokens.sbdtransaction", actor=document.actor)
        return [(address, "Transactions by the same actor")]


def _account(transaction: SbdTransaction, posting: Any) -> str:
    return references.shown(transaction, posting["account"])


def _reversal_of(transaction: SbdTransaction) -> str | None:
    found: str | None = getattr(transaction, "reversed_by", None)
    return found


def _of_request(request_id: str) -> Table:
    """Return what a request moved."""
    found = SbdTransaction.objects.filter(request_id=request_id).order_by("-at").only("kind", "actor", "at")
    made = list(found[:OF_REQUEST_SHOWN])
    links = references.resolve(each.actor for each in made)
    rows = [
        (
            references.link("tokens.sbdtransaction", each.pk, when(each.at)),
            each.kind,
            links.get(each.actor, each.actor),
        )
        for each in made
    ]
    return Table("Transactions", ("time", "kind", "by"), rows)


def _names(ids: set[str]) -> dict[str, str]:
    found = SbdTransaction.objects.filter(pk__in=sorted(ids)).values_list("pk", "kind")
    return {pk: f"{kind} transaction" for pk, kind in found}


references.register(references.Kind("txn_", "tokens.sbdtransaction", _names))
panels.register("tokens.sbdtransaction", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
panels.register(search.REQUEST, "tokens.view_sbdtransaction", _of_request)
