"""Rate limit overrides in the console: what holds in place of the table's limits, and until when."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from ops import clock
from ops.actors import Actor
from ops.console import references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, plain, time_of
from ops.limits import overriding
from ops.limits.table import LIMITS
from ops.models import LimitOverride

HOW = "One is set under Limits, by POST /admin/rate-limits, or on the machine: manage.py limits set --help"


def _effect_of_ending(override: LimitOverride, _actor: Actor) -> Effect:
    if override.until <= clock.now():
        return Effect("Over already.", changes=False)
    return Effect(f"Within two seconds the table's limit holds again: {_in_table(override.pk)}.")


@admin.register(LimitOverride)
class LimitOverrideAdmin(ConsoleAdmin[LimitOverride]):
    """See which limits staff have overridden, until when and why; end one before its time."""

    list_display = ("operation", "holds", "in_table", "until_when", "set_by", "why", "endpoint")
    list_display_links = ("operation",)
    search_fields = ("=pk",)
    search_help_text = "Exact name of an operation."
    ordering = ("pk",)
    fields = ("operation", "endpoint", "holds", "in_table", "until_when", "set_at", "set_by", "why")
    actions = ("end",)

    until_when = time_of("until", "until")
    set_at = time_of("created_at", "set")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, and above it how an override is set."""
        return super().changelist_view(request, {"how": HOW, **(extra_context or {})})

    def operation(self, override: LimitOverride) -> str:
        """Whose limit it is."""
        return str(override.pk)

    @admin.display(description="limit")
    def holds(self, override: LimitOverride) -> str:
        """What holds for now."""
        return f"{override.limit} in {override.window} s"

    @admin.display(description="in the table")
    def in_table(self, override: LimitOverride) -> str:
        """What holds otherwise."""
        return _in_table(override.pk)

    @admin.display(description="by")
    def set_by(self, override: LimitOverride) -> str:
        """Who set it."""
        return references.shown(override, override.by)

    @admin.display(description="reason")
    def why(self, override: LimitOverride) -> str:
        """Why, in somebody's words."""
        return str(plain(override.reason))

    def refers_to(self, document: LimitOverride) -> Iterable[str | None]:
        """Return who set it."""
        return (document.by,)

    def elsewhere(self, document: LimitOverride) -> Sequence[tuple[str, str]]:
        """Return a link to what was changed about the operation's limit."""
        return [(references.list_of("ops.auditentry", target=document.pk), "Changes of this limit")]

    @confirmed_action(
        "End overrides", one="End override", permission="ops.change_limits", preview=_effect_of_ending
    )
    def end(self, chosen: Sequence[LimitOverride], actor: Actor, reason: str) -> Outcomes:
        """Let the table's limits hold again."""
        return Outcomes.of_action(overriding.end_override, chosen, actor, reason)


def _in_table(operation: str) -> str:
    limit = LIMITS.get(operation)
    return f"{limit.most} in {limit.window} s" if limit else NOTHING
