"""Issuances in the console: tokens that staff made, and those that wait for a second person."""

from collections.abc import Iterable, Sequence

from django.contrib import admin
from django.db.models import Q

from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, amount, time_of, when
from ops.errors import InsufficientPermissionsError
from tokens.actions import issuing
from tokens.models import Issuance
from tokens.rules.issuing import IssuanceStatus

ISSUE = "tokens.issue_tokens"
STATUSES = [(each.value, each.value) for each in IssuanceStatus]
PENDING = IssuanceStatus.PENDING.value
WAITING_SHOWN = 10


def _effect_of_confirming(issuance: Issuance, actor: Actor) -> Effect:
    if issuance.status != PENDING:
        return Effect(f"Already {issuance.status}.", changes=False)
    if actor.id == issuance.asked_by:
        raise InsufficientPermissionsError(required=issuing.ANOTHER)
    return Effect(f"{amount(issuance.amount)} new tokens are put on the account.")


def _effect_of_withdrawing(issuance: Issuance, _actor: Actor) -> Effect:
    if issuance.status != PENDING:
        return Effect(f"Already {issuance.status}.", changes=False)
    return Effect("No tokens are made. It can be asked for anew.")


@admin.register(Issuance)
class IssuanceAdmin(ConsoleAdmin[Issuance]):
    """See who made or asked for tokens, and why; decide on what waits. New ones: from an account's page."""

    list_display = ("asked", "tokens", "of_account", "status", "asker", "decider")
    list_display_links = ("asked",)
    list_filter = (
        filters.by_choice("status", "status", STATUSES),
        filters.by_link("account", "account", "account"),
        filters.by_period("asked_at", "asked for"),
    )
    search_fields = ("=pk", "=account")
    search_help_text = "Exact id of an issuance or of its account."
    ordering = ("-asked_at", "-pk")
    fieldsets = (
        (None, {"fields": ("id", "tokens", "of_account", "status", "reason", "asker", "asked")}),
        ("Decision", {"fields": ("decider", "decided", "moved_by")}),
    )
    actions = ("confirm", "withdraw")

    asked = time_of("asked_at", "asked for")
    decided = time_of("decided_at", "decided")

    def condition(self, term: str) -> Q:
        """Find one by its id, or those of an account, each by an index."""
        return Q(pk=term) if term.startswith("iss_") else Q(account=term)

    def refers_to(self, document: Issuance) -> Iterable[str | None]:
        """Return account, people and transaction."""
        yield from (document.account, document.asked_by, document.decided_by, document.transaction)

    @admin.display(description="tokens")
    def tokens(self, issuance: Issuance) -> str:
        """How many."""
        return amount(issuance.amount)

    @admin.display(description="account")
    def of_account(self, issuance: Issuance) -> str:
        """For which account."""
        return references.shown(issuance, issuance.account)

    @admin.display(description="asked for by")
    def asker(self, issuance: Issuance) -> str:
        """Who asked for it."""
        return references.shown(issuance, issuance.asked_by)

    @admin.display(description="decided by")
    def decider(self, issuance: Issuance) -> str:
        """Who decided."""
        return references.shown(issuance, issuance.decided_by)

    @admin.display(description="transaction")
    def moved_by(self, issuance: Issuance) -> str:
        """The transaction that moved the tokens."""
        return references.shown(issuance, issuance.transaction)

    @confirmed_action("Confirm", permission=ISSUE, preview=_effect_of_confirming, of_one=True)
    def confirm(self, chosen: Sequence[Issuance], actor: Actor, reason: str) -> Outcomes:
        """Issue what somebody else asked for."""
        return Outcomes.of_action(issuing.confirm, chosen, actor, reason)

    @confirmed_action("Withdraw", permission=ISSUE, preview=_effect_of_withdrawing)
    def withdraw(self, chosen: Sequence[Issuance], actor: Actor, reason: str) -> Outcomes:
        """Let what was asked for be."""
        return Outcomes.of_action(issuing.withdraw, chosen, actor, reason)

    def latest(self) -> Table | None:
        """Return what waits for a second person; nothing does: no table."""
        waiting = list(Issuance.objects.filter(status=PENDING).order_by("-asked_at", "-pk")[:WAITING_SHOWN])
        if not waiting:
            return None
        links = references.resolve(each.account for each in waiting)
        rows = [
            (
                references.link("tokens.issuance", each.pk, when(each.asked_at)),
                amount(each.amount),
                links.get(each.account, each.account),
                each.asked_by_name,
                each.reason,
            )
            for each in waiting
        ]
        more = (references.list_of("tokens.issuance", status=PENDING), "All that wait")
        columns = ("asked for", "tokens", "account", "by", "reason")
        return Table("Issuances that wait for a second person", columns, rows, more=more)


def _names(ids: set[str]) -> dict[str, str]:
    found = Issuance.objects.filter(pk__in=sorted(ids)).values_list("pk", "amount")
    return {pk: f"issuance of {amount(tokens)}" for pk, tokens in found}


references.register(references.Kind("iss_", "tokens.issuance", _names))
panels.register("tokens.issuance", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
