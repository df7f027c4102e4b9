"""The audit log in the console; other pages of operations are beside what they are about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html

from ops.breach_console import places as breach
from ops.console import audit_trail, filters, panels, references, search
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, Table, plain, time_of
from ops.health_console import places
from ops.incident_console import places as incidents
from ops.models import AuditEntry
from ops.operators import limits_pages
from ops.operators.access_admin import AccessRuleAdmin
from ops.operators.events_admin import SecurityEventAdmin
from ops.operators.limits_admin import LimitOverrideAdmin
from ops.outbox.admin import MailAdmin
from ops.run_console import board as runs

__all__ = ["AccessRuleAdmin", "AuditEntryAdmin", "LimitOverrideAdmin", "MailAdmin", "SecurityEventAdmin"]

breach.enter()
incidents.enter()
places.enter()
limits_pages.enter()
runs.enter()
SEEN = 500  # newest entries whose actions the filter offers


class ActionFilter(filters.ConsoleFilter):
    """By what was done; offers the actions of the newest entries, and takes any."""

    title = "action"
    parameter_name = "action"
    field = "action"

    def lookups(self, request: HttpRequest, page: Any) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Return the actions seen lately, and the chosen one."""
        newest = AuditEntry.objects.order_by("-at", "-pk").values_list("action", flat=True)[:SEEN]
        return [(action, action) for action in sorted({*newest, *filter(None, [self.value()])})]


@admin.register(AuditEntry)
class AuditEntryAdmin(ConsoleAdmin[AuditEntry]):
    """Who did what to what, and why. Nothing here can be changed, by anybody."""

    list_display = ("time", "action", "by", "on", "family", "reason")
    list_display_links = ("time",)
    list_filter = (
        filters.by_link("target", "target", "target"),
        filters.by_link("actor", "actor", "actor"),
        filters.by_link("family_id", "family", "family"),
        filters.by_period("at", "time"),
        ActionFilter,
    )
    search_fields = ("=pk", "=target", "=actor", "=family_id", "=request_id")
    search_help_text = "Exact id of an entry, or of its target, actor, family or request."
    ordering = ("-at", "-pk")
    narrowed_by = ("q", "target", "actor", "family")
    narrowed_ordering = ("-at",)
    fields = (
        *("id", "time", "action", "by", "actor_kind", "on", "family", "reason", "in_request", "origin"),
        "place",
    )

    time = time_of("at", "time")

    def condition(self, term: str) -> Q:
        """Find an entry by its id, or the entries about an id or a request, each part by an index."""
        if term.startswith("aud_"):
            return Q(pk=term)
        return Q(target=term) | Q(actor=term) | Q(family_id=term) | Q(request_id=term)

    def refers_to(self, document: AuditEntry) -> Iterable[str | None]:
        """Return actor, target, family, and the ids among what changed."""
        yield from (document.actor, document.target, document.family_id)
        for change in _changes(document):
            for value in change[1:]:
                yield from audit_trail.ids_in(value)

    @admin.display(description="actor")
    def by(self, entry: AuditEntry) -> str:
        """Who did it."""
        return references.shown(entry, entry.actor)

    @admin.display(description="target")
    def on(self, entry: AuditEntry) -> str:
        """What it was done to."""
        return references.shown(entry, entry.target)

    def family(self, entry: AuditEntry) -> str:
        """Which family it concerns."""
        return references.shown(entry, entry.family_id)

    def reason(self, entry: AuditEntry) -> str:
        """Why, in somebody's words."""
        return str(entry.private.get("reason") or NOTHING)

    @admin.display(description="request")
    def in_request(self, entry: AuditEntry) -> str:
        """In which request it happened."""
        return references.to_request(entry.request_id)

    @admin.display(description="from")
    def origin(self, entry: AuditEntry) -> str:
        """From where: address and program."""
        address, program = entry.private.get("address"), entry.private.get("user_agent")
        return format_html("{} · {}", address, program or NOTHING) if address else NOTHING

    @admin.display(description="in the chain")
    def place(self, entry: AuditEntry) -> str:
        """Where it stands in the chain that shows every later change of it."""
        return f"number {entry.seq}" if entry.seq else "not sealed yet"

    def tables(self, document: AuditEntry) -> Sequence[Table]:
        """Return what changed."""
        rows = [
            (field, *(_cell(document, value) for value in values)) for field, *values in _changes(document)
        ]
        return [Table("What changed", ("field", "before", "after"), rows, empty="No field.")]

    def elsewhere(self, document: AuditEntry) -> Sequence[tuple[str, str]]:
        """Return links to entries about the same things."""
        links = [
            (references.list_of("ops.auditentry", target=document.target), "More of this target"),
            (references.list_of("ops.auditentry", actor=document.actor), "More of this actor"),
        ]
        if document.family_id:
            link = references.list_of("ops.auditentry", family=document.family_id)
            links.append((link, "More of this family"))
        return links

    def latest(self) -> Table:
        """Return the newest entries."""
        return audit_trail.table(
            "Latest changes", Q(), order=("-at", "-pk"), more=references.list_of("ops.auditentry")
        )


def _changes(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    """Return field, before and after, with what the private part holds of them."""
    before = {**entry.before, **_mapping(entry.private.get("before"))}
    after = {**entry.after, **_mapping(entry.private.get("after"))}
    return [(field, before.get(field), after.get(field)) for field in sorted({*before, *after})]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _cell(entry: AuditEntry, value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return references.links(references.shown(entry, each) for each in value)
    return references.shown(entry, value) if isinstance(value, str) and value else plain(value)


panels.register(search.REQUEST, "ops.view_auditentry", audit_trail.of_request)
