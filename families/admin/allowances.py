"""Allowances in the console: who gets how much how often, what was paid, what was missed and why."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q

from families.actions import allowances
from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, amount, plain, time_of, when
from tokens.models import Allowance, AllowancePayment
from tokens.rules.allowances import PaymentStatus, ScheduleStatus

STATUSES = [(each.value, each.value) for each in ScheduleStatus]
OUTCOMES = [(each.value, each.value) for each in PaymentStatus]
ACTIVE, STOPPED = ScheduleStatus.ACTIVE.value, ScheduleStatus.STOPPED.value
NEWEST_SHOWN, OF_FAMILY_SHOWN = 10, 20
OVERDUE = filters.by_time_left(
    "next_at", "overdue", "overdue", status=ACTIVE, spans={"yes": ("Begun and not paid", timedelta())}
)


def _effect_of_stopping(allowance: Allowance, _actor: Actor) -> Effect:
    if allowance.status == STOPPED:
        return Effect("Already stopped.", changes=False)
    return Effect("Nothing more is paid, for ever; what was paid stays. An admin can make a new one.")


@admin.register(Allowance)
class AllowanceAdmin(ConsoleAdmin[Allowance]):
    """Find an allowance by id, family or recipient; see what is in its way; stop it."""

    list_display = (
        "made",
        "family",
        "recipient",
        "tokens",
        "frequency",
        "status",
        "next_begins",
        "in_the_way",
    )
    list_display_links = ("made",)
    list_filter = (
        filters.by_link("family_id", "family", "family"),
        filters.by_choice("status", "status", STATUSES),
        OVERDUE,
        filters.by_period("created_at", "made"),
    )
    search_fields = ("=pk",)
    search_help_text = "Exact id of an allowance, a family or a recipient."
    ordering = ("-created_at", "-pk")
    narrowed_by = ("q", "family")
    narrowed_ordering = ("status", "-created_at", "-pk")  # as their indexes have it
    fieldsets = (
        (None, {"fields": ("id", "family", "recipient", "tokens", "frequency", "status")}),
        ("Next period", {"fields": ("next_period", "next_begins", "next_ends", "tried", "in_the_way")}),
        ("Life", {"fields": ("maker", "made", "changed", "last_paid", "stopped")}),
    )
    actions = ("stop",)

    made = time_of("created_at", "made")
    changed = time_of("updated_at", "changed")
    stopped = time_of("stopped_at", "stopped")
    last_paid = time_of("last_paid_at", "last paid")
    next_begins = time_of("next_at", "next begins")
    next_ends = time_of("next_ends_at", "ends")
    tried = time_of("look_at", "looked at from")

    def condition(self, term: str) -> Q:
        """Find one by its id, or those of a family or a recipient, each by an index."""
        if term.startswith("fam_"):
            return Q(family_id=term)
        return Q(recipient_id=term) if term.startswith("user_") else Q(pk=term)

    def refers_to(self, document: Allowance) -> Iterable[str | None]:
        """Return family and people."""
        yield from (document.family_id, document.recipient_id, document.created_by)

    def family(self, allowance: Allowance) -> str:
        """Of which family."""
        return references.shown(allowance, allowance.family_id)

    def recipient(self, allowance: Allowance) -> str:
        """Who gets it."""
        return references.shown(allowance, allowance.recipient_id)

    @admin.display(description="made by")
    def maker(self, allowance: Allowance) -> str:
        """Which admin made it."""
        return references.shown(allowance, allowance.created_by)

    @admin.display(description="tokens")
    def tokens(self, allowance: Allowance) -> str:
        """How many."""
        return amount(allowance.amount)

    @admin.display(description="in the way")
    def in_the_way(self, allowance: Allowance) -> Any:
        """What the job met when it last tried to pay the period."""
        return plain(allowance.obstacle)

    @confirmed_action("Stop", permission="tokens.stop_allowance", preview=_effect_of_stopping)
    def stop(self, chosen: Sequence[Allowance], actor: Actor, reason: str) -> Outcomes:
        """Stop them for ever."""
        return Outcomes.of_action(allowances.stop_by_staff, chosen, actor, reason)

    def tables(self, document: Allowance) -> Sequence[Table]:
        """Return what became of the newest periods."""
        paid = AllowancePayment.objects.filter(allowance_id=document.pk).order_by("-at", "-pk")
        rows = [
            (
                references.link("tokens.allowancepayment", each.pk, str(each.period)),
                each.status,
                plain(each.obstacle),
                amount(each.amount),
                when(each.at),
            )
            for each in paid[:NEWEST_SHOWN]
        ]
        more = (references.list_of("tokens.allowancepayment", allowance=document.pk), "All its periods")
        return [Table("Periods", ("period", "became", "why", "tokens", "at"), rows, more=more)]

    def elsewhere(self, document: Allowance) -> Sequence[tuple[str, str]]:
        """Return a link to the family's other allowances."""
        address = references.list_of("tokens.allowance", family=document.family_id)
        return [(address, "Allowances of this family")]


@admin.register(AllowancePayment)
class AllowancePaymentAdmin(ConsoleAdmin[AllowancePayment]):
    """See which periods of allowances were paid, and which were missed, and why."""

    list_display = ("settled", "period", "family", "recipient", "tokens", "status", "why", "paid_by")
    list_display_links = ("settled",)
    list_filter = (
        filters.by_link("allowance_id", "allowance", "allowance"),
        filters.by_choice("status", "status", OUTCOMES),
        filters.by_period("at", "time"),
    )
    search_fields = ("=pk",)
    search_help_text = "Exact id of a period's entry, or of its allowance."
    ordering = ("-at", "-pk")
    fieldsets = (
        (None, {"fields": ("id", "allowance", "period", "family", "recipient", "tokens")}),
        ("What became of it", {"fields": ("status", "why", "paid_by", "settled")}),
        ("Period", {"fields": ("begins", "ends")}),
    )

    settled = time_of("at", "time")
    begins = time_of("begins_at", "begins")
    ends = time_of("ends_at", "ends")

    def condition(self, term: str) -> Q:
        """Find one by its id, or those of an allowance, each by an index."""
        return Q(allowance_id=term) if term.startswith("allow_") else Q(pk=term)

    def refers_to(self, document: AllowancePayment) -> Iterable[str | None]:
        """Return allowance, family, recipient and transaction."""
        yield from (document.allowance_id, document.family_id, document.recipient_id, document.transaction)

    def allowance(self, payment: AllowancePayment) -> str:
        """Of which allowance."""
        return references.shown(payment, payment.allowance_id)

    def family(self, payment: AllowancePayment) -> str:
        """Of which family."""
        return references.shown(payment, payment.family_id)

    def recipient(self, payment: AllowancePayment) -> str:
        """Who gets it."""
        return references.shown(payment, payment.recipient_id)

    @admin.display(description="tokens")
    def tokens(self, payment: AllowancePayment) -> str:
        """How many."""
        return amount(payment.amount)

    @admin.display(description="why")
    def why(self, payment: AllowancePayment) -> Any:
        """Why it was missed."""
        return plain(payment.obstacle)

    @admin.display(description="transaction")
    def paid_by(self, payment: AllowancePayment) -> str:
        """The transaction that paid it."""
        return references.shown(payment, payment.transaction)


def _names(ids: set[str]) -> dict[str, str]:
    found = Allowance.objects.filter(pk__in=sorted(ids)).only("frequency", "amount")
    return {each.pk: str(each) for each in found}


def _names_of_payments(ids: set[str]) -> dict[str, str]:
    found = AllowancePayment.objects.filter(pk__in=sorted(ids)).only("period", "status")
    return {each.pk: str(each) for each in found}


def _of_family(family: Any) -> Table:
    """Return the family's allowances that still go on, the newest first."""
    active = Allowance.objects.filter(family_id=family.pk, status=ACTIVE).order_by("-created_at", "-pk")
    found = list(active[:OF_FAMILY_SHOWN])
    more = (references.list_of("tokens.allowance", family=family.pk), "All its allowances")
    return Table(
        "Allowances",
        ("allowance", "recipient", "next begins", "in the way"),
        _rows(found, "recipient_id"),
        more=more,
    )


def _rows(found: Sequence[Allowance], other: str) -> list[Sequence[object]]:
    """Return allowances as rows; ``other``: the field with the id that the second column is about."""
    ids = [getattr(each, other) for each in found]
    links = references.resolve(ids)
    return [
        (
            references.link("tokens.allowance", each.pk, str(each)),
            links.get(identifier, identifier),
            when(each.next_at),
            plain(each.obstacle),
        )
        for each, identifier in zip(found, ids, strict=True)
    ]


def _of_recipient(user: Any) -> Table:
    """Return the allowances that somebody gets, the newest first."""
    active = Allowance.objects.filter(recipient_id=user.pk, status=ACTIVE).order_by("-created_at", "-pk")
    found = list(active[:NEWEST_SHOWN])
    return Table(
        "Allowances that they get",
        ("allowance", "of", "next begins", "in the way"),
        _rows(found, "family_id"),
    )


references.register(references.Kind("allow_", "tokens.allowance", _names))
references.register(references.Kind("alp_", "tokens.allowancepayment", _names_of_payments))
panels.register("families.family", "tokens.view_allowance", _of_family)
panels.register("identity.user", "tokens.view_allowance", _of_recipient)
panels.register("tokens.allowance", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
