"""Security events in the console: what looks like an attack, and who has answered for it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q

from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references, search
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, by_name, time_of, when
from ops.guarding import SecurityEventType
from ops.limits.counting import network_of
from ops.models import SecurityEvent
from ops.security import resolving

LIST = "ops.securityevent"
SHOWN = 5
TYPES = [(each.value, each.value.replace("_", " ")) for each in SecurityEventType]


def _effect_of_resolving(event: SecurityEvent, _actor: Actor) -> Effect:
    if event.resolved_at is not None:
        return Effect("Resolved already.", changes=False)
    return Effect(
        "It is marked as looked at, with your reason as the note; what comes in its hour counts on."
    )


@admin.register(SecurityEvent)
class SecurityEventAdmin(ConsoleAdmin[SecurityEvent]):
    """Find events by user or network address, type or time; say what came of them."""

    list_display = ("last", "what", "about", "count", "first", "state")
    list_display_links = ("last",)
    list_filter = (
        filters.by_choice("type", "type", TYPES),
        filters.by_link("subject", "about", "subject"),
        filters.by_period("last_at", "last"),
    )
    search_fields = ("=pk", "=subject")
    search_help_text = "Exact id of an event or of a user, or a network address."
    ordering = ("-last_at", "-pk")
    fields = ("id", "what", "about", "count", "first", "last", "state", "resolved", "resolver", "note")
    actions = ("resolve",)

    first = time_of("first_at", "first")
    last = time_of("last_at", "last")
    resolved = time_of("resolved_at", "resolved")

    def alike(self, term: str) -> Any:
        """Find the events about a network address, or about the network that its calls are counted by."""
        wanted = search.as_address(term)
        if wanted is None:
            return self.documents.none()
        subjects = {wanted} if "/" in wanted else {wanted, network_of(wanted)}
        return self.documents.filter(subject__in=sorted(subjects)).order_by("-last_at", "-pk")

    def described(self, document: SecurityEvent) -> str:
        """Say what happened, and how often."""
        return f"{str(document.type).replace('_', ' ')}, {document.count:,} times"

    def condition(self, term: str) -> Q:
        """Find an event by its id, or those about a user or an address, each by an index."""
        return Q(pk=term) if term.startswith("sev_") else Q(subject=term)

    def refers_to(self, document: SecurityEvent) -> Iterable[str | None]:
        """Return whom it is about, and who answered for it."""
        return (document.subject if document.subject.startswith("user_") else None, document.resolved_by)

    @admin.display(description="type")
    def what(self, event: SecurityEvent) -> str:
        """What happened."""
        return str(event.type).replace("_", " ")

    def about(self, event: SecurityEvent) -> str:
        """Whom it is about."""
        return references.shown(event, event.subject)

    def state(self, event: SecurityEvent) -> str:
        """Whether somebody has answered for it."""
        return "open" if event.resolved_at is None else "resolved"

    @admin.display(description="resolved by")
    def resolver(self, event: SecurityEvent) -> str:
        """Who has."""
        return references.shown(event, event.resolved_by)

    def tables(self, document: SecurityEvent) -> Sequence[Table]:
        """Return the facts."""
        return [by_name("Of the latest", document.facts)]

    @confirmed_action(
        "Resolve events", one="Resolve", permission="ops.resolve_security", preview=_effect_of_resolving
    )
    def resolve(self, chosen: Sequence[SecurityEvent], actor: Actor, reason: str) -> Outcomes:
        """Say that they were looked at, and what came of it."""
        return Outcomes.of_action(resolving.resolve, chosen, actor, reason)


def _about_user(user: Any) -> Table:
    """Return the newest events about somebody."""
    about = SecurityEvent.objects.filter(subject=user.pk).order_by("-last_at", "-pk").defer("facts")
    rows = [
        (
            references.link(LIST, each.pk, when(each.last_at)),
            str(each.type).replace("_", " "),
            f"{each.count:,}",
            "open" if each.resolved_at is None else "resolved",
        )
        for each in about[:SHOWN]
    ]
    more = (references.list_of(LIST, subject=user.pk), "All about them")
    return Table("Security events", ("last", "type", "count", "state"), rows, more=more)


def _names(ids: set[str]) -> dict[str, str]:
    found = SecurityEvent.objects.filter(pk__in=sorted(ids)).values_list("pk", "type", "subject")
    return {pk: f"{str(kind).replace('_', ' ')} {subject}" for pk, kind, subject in found}


references.register(references.Kind("sev_", LIST, _names))
panels.register(LIST, "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
panels.register("identity.user", "ops.view_securityevent", _about_user, last=True)
