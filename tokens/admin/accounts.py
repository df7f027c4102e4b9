"""SBD accounts in the console: what is on them, what was, who may spend what of it, and why not."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, path

from ops.console import audit_trail, filters, finding, panels, references
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, amount, plain, time_of, when
from tokens.admin import asking, freezes, pictures, spending, statements
from tokens.admin.account_actions import AccountActions
from tokens.models import SbdAccount
from tokens.models.account import Holder
from tokens.rules import UNLIMITED, AccountStatus, OwnerKind

HOLDER_COLUMNS = (
    "holder",
    "role",
    "may spend",
    "most a spend",
    "most a period",
    "active",
    "set by",
    "set at",
)


@admin.register(SbdAccount)
class SbdAccountAdmin(AccountActions, ConsoleAdmin[SbdAccount]):
    """Find an account by id, name or owner; see its balance and who may spend what of it; freeze, issue."""

    list_display = ("username", "owner_kind", "owned_by", "status", "tokens", "people", "created")
    list_filter = (
        filters.by_link("owner__owner_id", "owner", "owner"),
        filters.by_link("holders__user_id", "holder", "holder"),
        filters.by_period("created_at", "opened"),
        filters.by_choice("owner__kind", "kind of owner", [(each.value, each.value) for each in OwnerKind]),
        filters.by_choice("status", "status", [(each.value, each.value) for each in AccountStatus]),
    )
    search_fields = ("=pk", "=owner__owner_id", "^username")
    search_help_text = "Exact id of an account or of its owner, or the beginning of an account's name."
    names = ("pk", "username")
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (
            None,
            {"fields": ("id", "username", "owner_kind", "owned_by", "owner_active", "created", "updated")},
        ),
        ("Tokens", {"fields": ("status", "freeze_details", "tokens", "large", "seq", "version")}),
    )

    actions = AccountActions.account_actions

    created = time_of("created_at", "opened")
    updated = time_of("updated_at", "last change of rights or state")

    def refers_to(self, document: SbdAccount) -> Iterable[str | None]:
        """Return owner, holders, and who froze it."""
        yield document.owner.owner_id
        yield freezes.froze_it(document.freeze)
        for each in document.holders:
            yield from (each.user_id, each.updated_by)

    def named(self, term: str) -> Any:
        """Leave out personal accounts by name: they are called like their users, whose pages show them."""
        by_name = finding.exact(term, ("username",)) & ~Q(owner__kind=OwnerKind.USER)
        return self.documents.filter(Q(pk=term) | by_name)

    def described(self, document: SbdAccount) -> str:
        """Say whose it is, and how it stands."""
        return f"{document.owner.kind}, {document.status}"

    def summary(self, document: SbdAccount) -> Iterable[str]:
        """Return how it stands, what is on it, and how many may spend of it."""
        yield str(document.status).capitalize()
        yield f"{amount(document.balance)} tokens"
        if document.holders:
            can = sum(each.active and each.can_spend for each in document.holders)
            yield f"{can} of {len(document.holders):,} holders have the right to spend"
        if not document.owner.active:
            yield "its owner is disabled, deleted or dissolved"

    @admin.display(description="kind of owner")
    def owner_kind(self, account: SbdAccount) -> str:
        """What sort of owner it has."""
        return str(account.owner.kind)

    @admin.display(description="owner")
    def owned_by(self, account: SbdAccount) -> str:
        """Whose it is."""
        return references.shown(account, account.owner.owner_id)

    @admin.display(description="owner is active", boolean=True)
    def owner_active(self, account: SbdAccount) -> bool:
        """Whether the owner is neither disabled, nor deleted, nor dissolved."""
        return bool(account.owner.active)

    @admin.display(description="balance")
    def tokens(self, account: SbdAccount) -> str:
        """The balance, in whole tokens."""
        return amount(account.balance)

    @admin.display(description="large from")
    def large(self, account: SbdAccount) -> str:
        """From which amount on a transaction is large."""
        return amount(account.large_transaction_threshold)

    @admin.display(description="holders")
    def people(self, account: SbdAccount) -> int:
        """How many people hold it."""
        return len(account.holders)

    @admin.display(description="freeze")
    def freeze_details(self, account: SbdAccount) -> str:
        """Who froze it, when and why."""
        links: Mapping[str, str] = getattr(account, "console_links", {})
        return freezes.in_words(account.freeze, links)

    def tables(self, document: SbdAccount) -> Sequence[Table]:
        """Return who holds it."""
        rows = [_holder(document, each) for each in document.holders]
        return [Table("Holders", HOLDER_COLUMNS, rows)]

    def elsewhere(self, document: SbdAccount) -> Sequence[tuple[str, str]]:
        """Return links to its entries and issuances, and to what was changed."""
        return [
            (references.list_of("tokens.sbdentry", account=document.pk), "All entries"),
            (references.list_of("tokens.issuance", account=document.pk), "Issuances"),
            (references.list_of("ops.auditentry", target=document.pk), "Changes of this account"),
            (references.list_of("ops.auditentry", target=document.owner.owner_id), "Changes of its owner"),
        ]

    # Its money ---------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Return the statement's file before the pages."""
        view = self.admin_site.admin_view(self.statement)
        file = path("<str:object_id>/statement.csv", view, name="tokens_sbdaccount_statement")
        return [file, *super().get_urls()]

    def statement(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer the statement as a file: of a period, or the whole."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        found = self.get_object(request, object_id)
        assert found is not None  # noqa: S101  # `get_object` says 404 instead
        return statements.download(found, request.GET)

    def render_change_form(  # noqa: PLR0913, PLR0917  # Django's signature
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Show the balance over time, the newest entries, and why somebody may or may not spend."""
        entries = statements.newest(obj.pk)
        context["picture"] = pictures.balance_of(obj, entries)
        context["statement"] = [statements.as_table(obj, entries)]
        context["periods"] = statements.OFFERED
        context["question"] = asking.asked(request, obj.pk)
        return super().render_change_form(request, context, add, change, form_url, obj)


def _holder(account: SbdAccount, holder: Holder) -> Sequence[object]:
    unlimited = holder.spending_limit == UNLIMITED
    return (
        references.shown(account, holder.user_id),
        holder.role,
        plain(holder.can_spend),
        "unlimited" if unlimited else amount(holder.spending_limit),
        plain(holder.period_limit),
        plain(holder.active),
        references.shown(account, holder.updated_by),
        when(holder.updated_at),
    )


def _account_names(ids: set[str]) -> dict[str, str]:
    return dict(SbdAccount.objects.filter(pk__in=sorted(ids)).values_list("pk", "username"))


def _accounts_of_user(user: Any) -> Table:
    owned = SbdAccount.objects.filter(owner__owner_id=user.pk, owner__kind=OwnerKind.USER)
    rows = [
        (references.link("tokens.sbdaccount", each.pk, each.username), each.status, amount(each.balance))
        for each in owned.only("username", "status", "balance")[:1]
    ]
    return Table("SBD account", ("name", "status", "balance"), rows)


references.register(references.Kind("acc_", "tokens.sbdaccount", _account_names))
panels.register("identity.user", "tokens.view_sbdaccount", spending.of_user)
panels.register("families.family", "tokens.view_sbdaccount", spending.of_family)
panels.register("identity.user", "tokens.view_sbdaccount", _accounts_of_user)
panels.register(
    # What opens an account and admits its holders is a change of the owner.
    "tokens.sbdaccount",
    "ops.view_auditentry",
    lambda each: audit_trail.of_target(each.pk, each.owner.owner_id),
)
