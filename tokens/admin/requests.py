"""Token and purchase requests in the console: what waits, why, and what is overdue. Staff spend nothing."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Q

from ops import clock
from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, Table, amount, time_of, when
from ops.mongo.collections import Document, collection
from ops.paging import Part
from tokens import request_queries
from tokens.actions import request_ends
from tokens.models import PurchaseRequest, TokenRequest
from tokens.rules.requests import (
    PURCHASE,
    SORTS,
    TOKENS,
    RequestStatus,
    Sort,
    host_of,
    sentence,
    status_at,
)

END = "tokens.end_request"
PENDING = RequestStatus.PENDING.value
PAGES = {TOKENS: "tokens.tokenrequest", PURCHASE: "tokens.purchaserequest"}
CREATED = ("token_request.created", "purchase_request.created")
SHOWN = 10
STATUSES = [(each.value, each.value) for each in RequestStatus]
OVERDUE = filters.by_time_left(
    "expires_at", "time left", "expires", status=PENDING, spans={"overdue": ("Overdue", timedelta())}
)


def _effect_of_expiring(request: Any, _actor: Actor) -> Effect:
    if request.status != PENDING:
        return Effect(f"No longer pending: {request.status}.", changes=False)
    return Effect("It expires at once; nothing is paid. Whoever asked is told that nobody decided in time.")


def _effect_of_cancelling(request: Any, _actor: Actor) -> Effect:
    if request.status != PENDING or request.expires_at <= clock.now():
        return Effect(f"No longer open: {request.status}.", changes=False)
    return Effect("It is taken back; nothing is paid. Nobody is told.")


class _RequestAdmin(ConsoleAdmin[Any]):
    """What both pages have; ``sort``: of which."""

    sort: Sort
    list_display_links = ("asked",)
    list_filter = (
        filters.by_link("family_id", "family", "family"),
        filters.by_choice("status", "status", STATUSES),
        OVERDUE,
        filters.by_period("created_at", "asked"),
    )
    search_fields = ("=pk",)
    search_help_text = "Exact id of a request or of a family."
    ordering = ("-created_at", "-pk")
    narrowed_by = ("q", "family")
    narrowed_ordering = ("status", "-created_at", "-pk")  # as their index has it
    actions = ("expire", "cancel")

    asked = time_of("created_at", "asked")
    ends = time_of("expires_at", "expires")
    ended = time_of("ended_at", "ended")

    def condition(self, term: str) -> Q:
        """Find one by its id, or those of a family, each by an index."""
        return Q(family_id=term) if term.startswith("fam_") else Q(pk=term)

    def refers_to(self, document: Any) -> Iterable[str | None]:
        """Return family, account, people and transaction."""
        yield from (document.family_id, document.account, document.transaction)
        yield from (document.requester_id, document.reviewed_by)

    def family(self, request: Any) -> str:
        """Of which family."""
        return references.shown(request, request.family_id)

    @admin.display(description="account")
    def of_account(self, request: Any) -> str:
        """Of which account."""
        return references.shown(request, request.account)

    def requester(self, request: Any) -> str:
        """Who asked."""
        return references.shown(request, request.requester_id)

    @admin.display(description="tokens")
    def tokens(self, request: Any) -> str:
        """How many."""
        return amount(request.amount)

    @admin.display(description="overdue", boolean=True)
    def is_overdue(self, request: Any) -> bool:
        """Whether its time is over and nobody has marked it."""
        return bool(request.status == PENDING and request.expires_at <= clock.now())

    @admin.display(description="decided by")
    def reviewer(self, request: Any) -> str:
        """Who decided."""
        return references.shown(request, request.reviewed_by) if request.reviewed_by else NOTHING

    @admin.display(description="paid by")
    def paid_by(self, request: Any) -> str:
        """The transaction that paid it."""
        return references.shown(request, request.transaction) if request.transaction else NOTHING

    @confirmed_action("Expire now", permission=END, preview=_effect_of_expiring)
    def expire(self, chosen: Sequence[Any], actor: Actor, reason: str) -> Outcomes:
        """Let them end."""
        return Outcomes.of_action(partial(request_ends.expire_by_staff, self.sort), chosen, actor, reason)

    @confirmed_action("Cancel", permission=END, preview=_effect_of_cancelling)
    def cancel(self, chosen: Sequence[Any], actor: Actor, reason: str) -> Outcomes:
        """Take them back."""
        return Outcomes.of_action(partial(request_ends.cancel_by_staff, self.sort), chosen, actor, reason)


@admin.register(TokenRequest)
class TokenRequestAdmin(_RequestAdmin):
    """Find a request for tokens; see why it waits; end it."""

    sort = TOKENS
    list_display = ("asked", "family", "requester", "tokens", "status", "ends", "is_overdue")
    fieldsets = (
        (None, {"fields": ("id", "family", "of_account", "requester", "tokens", "reason", "urgency")}),
        ("State", {"fields": ("status", "asked", "ends", "is_overdue", "ended", "why_it_waits")}),
        ("Decision", {"fields": ("reviewer", "comments", "paid_by")}),
    )

    @admin.display(description="not approved by itself")
    def why_it_waits(self, request: TokenRequest) -> str:
        """Why it was not approved by itself, with what that rests on."""
        return sentence(request.waits, request.amount) if request.waits else NOTHING


@admin.register(PurchaseRequest)
class PurchaseRequestAdmin(_RequestAdmin):
    """Find a request to buy something; end it. Its link is text: nobody follows it from here."""

    sort = PURCHASE
    list_display = ("asked", "family", "requester", "item_name", "tokens", "status", "ends", "is_overdue")
    fieldsets = (
        (None, {"fields": ("id", "family", "of_account", "requester", "item_name", "tokens", "reason")}),
        ("Link", {"fields": ("host", "link")}),
        ("State", {"fields": ("status", "asked", "ends", "is_overdue", "ended")}),
        ("Decision", {"fields": ("reviewer", "comments", "paid_by")}),
    )

    def host(self, request: PurchaseRequest) -> str:
        """The host that the link names."""
        return host_of(request.link) if request.link else NOTHING


def _of_user(user: Any) -> Table:
    """Return what somebody asked for last, in all families; the audit log knows what that is."""
    ids = audit_trail.targets_of(user.pk, CREATED, SHOWN)
    wanted = {sort: [each for each in ids if each.startswith(f"{sort.prefix}_")] for sort in SORTS}
    found = [
        (sort, each)
        for sort, mine in wanted.items()
        if mine
        for each in collection(sort.collection).find({"_id": {"$in": mine}}, limit=SHOWN)
    ]
    return _table_of("Requests by them", found)


def _of_family(family: Any) -> Table:
    """Return the family's newest requests of either sort."""
    part, now = Part(SHOWN), clock.now()
    found = [
        (sort, each)
        for sort in SORTS
        for each in request_queries.of_family(sort, family.pk, part, now=now).rows
    ]
    more = (references.list_of("tokens.tokenrequest", family=family.pk), "All its requests for tokens")
    return _table_of("Latest requests", found, more)


def _table_of(
    title: str, requests: Sequence[tuple[Sort, Document]], more: tuple[str, str] | None = None
) -> Table:
    """Return requests of either sort, the newest first, as a table of another page."""
    now = clock.now()
    found = sorted(requests, key=lambda each: each[1]["created_at"], reverse=True)[:SHOWN]
    links = references.resolve(each["requester_id"] for _, each in found)
    rows = [
        (
            references.link(PAGES[sort], each["_id"], when(each["created_at"])),
            "purchase" if sort == PURCHASE else "tokens",
            links.get(each["requester_id"], each["requester_name"]),
            amount(each["amount"]),
            each["reason"],
            status_at(each, now),
        )
        for sort, each in found
    ]
    waiting = sum(status_at(each, now) == PENDING for _, each in found)
    summary = f"{waiting} of the latest requests wait" if waiting else ""
    columns = ("asked", "sort", "by", "tokens", "reason", "status")
    return Table(title, columns, rows, more=more, summary=summary)


def _names_of(model: Any) -> Any:
    def names(ids: set[str]) -> dict[str, str]:
        found = model.objects.filter(pk__in=sorted(ids)).values_list("pk", "amount", "status")
        return {pk: f"{status} request of {amount(tokens)}" for pk, tokens, status in found}

    return names


for _prefix, _model in (("req_", TokenRequest), ("pr_", PurchaseRequest)):
    _label = f"tokens.{_model.__name__.lower()}"
    references.register(references.Kind(_prefix, _label, _names_of(_model)))
    panels.register(_label, "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
panels.register("identity.user", "tokens.view_tokenrequest", _of_user)
panels.register("families.family", "tokens.view_tokenrequest", _of_family)
