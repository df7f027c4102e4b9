"""Rules of access in the console: who is kept out, or let in, until when and why; removed by hand."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q

from ops import clock
from ops.access import changing
from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references, search
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, Table, time_of, when
from ops.guarding import AccessList, RuleKind
from ops.models import AccessRule

LIST = "ops.accessrule"
SHOWN = 5
LISTS = [(each.value, each.value) for each in AccessList]
KINDS = [(each.value, each.value) for each in RuleKind]


def _effect_of_removing(rule: AccessRule, _actor: Actor) -> Effect:
    if _is_over(rule):
        return Effect("It has ended already, and goes from the list.")
    if rule.list == AccessList.BLOCK:
        return Effect("Within two seconds nobody is kept out by it any more.")
    return Effect("Within two seconds a block of the same, or of a wider network, holds again.")


@admin.register(AccessRule)
class AccessRuleAdmin(ConsoleAdmin[AccessRule]):
    """Find a rule by address, network, user or e-mail address; remove it."""

    list_display = ("made", "list", "kind", "about", "ends", "state", "maker", "reason")
    list_display_links = ("made",)
    list_filter = (
        filters.by_choice("list", "list", LISTS),
        filters.by_choice("kind", "kind", KINDS),
        filters.by_period("created_at", "made"),
    )
    search_fields = ("=pk", "=value")
    search_help_text = "Exact id of a rule; or an address, a network, a user's id or an e-mail address."
    ordering = ("-created_at", "-pk")
    narrowed_by = ("q",)
    narrowed_ordering = ("-created_at",)
    fields = ("id", "list", "kind", "about", "state", "ends", "made", "maker", "reason")
    actions = ("remove",)

    made = time_of("created_at", "made")

    def alike(self, term: str) -> Any:
        """Find the rules about what was typed, if it is an address of either kind."""
        wanted = term.casefold() if "@" in term else search.as_address(term)
        return self.documents.filter(value=wanted) if wanted else self.documents.none()

    def described(self, document: AccessRule) -> str:
        """Say what it does, and whether it still holds."""
        return f"{document.list}, {'over' if _is_over(document) else 'holds'}"

    def condition(self, term: str) -> Q:
        """Find a rule by its id, or those about a value, each by an index."""
        return Q(pk=term) if term.startswith("acr_") else Q(value=term.casefold())

    def refers_to(self, document: AccessRule) -> Iterable[str | None]:
        """Return whom it is about, and who made it."""
        return (document.value if document.kind == RuleKind.USER else None, document.by)

    def about(self, rule: AccessRule) -> str:
        """Whom or what it is about."""
        return references.shown(rule, rule.value)

    def ends(self, rule: AccessRule) -> str:
        """When it ends."""
        return when(rule.until) if rule.until else NOTHING

    def state(self, rule: AccessRule) -> str:
        """Whether it holds."""
        return "over" if _is_over(rule) else "in force"

    @admin.display(description="by")
    def maker(self, rule: AccessRule) -> str:
        """Who made it."""
        return references.shown(rule, rule.by)

    @confirmed_action(
        "Remove rules", one="Remove rule", permission="ops.manage_access", preview=_effect_of_removing
    )
    def remove(self, chosen: Sequence[AccessRule], actor: Actor, reason: str) -> Outcomes:
        """Take the rules back."""
        return Outcomes.of_action(changing.remove_by_staff, chosen, actor, reason)


def _is_over(rule: AccessRule) -> bool:
    return rule.until is not None and rule.until <= clock.now()


def _about_user(user: Any) -> Table:
    """Return the newest rules about somebody, by their id or by the address that they have now."""
    about = AccessRule.objects.filter(value__in=[user.pk, user.email]).order_by("-created_at")
    found = list(about[:SHOWN])
    rows = [
        (references.link(LIST, each.pk, str(each)), "over" if _is_over(each) else "holds", when(each.until))
        for each in found
    ]
    hold = {
        which: {each.value for each in found if each.list == which and not _is_over(each)}
        for which in AccessList
    }
    kept_out = hold[AccessList.BLOCK] - hold[AccessList.ALLOW]  # what is allowed as well is not kept out
    summary = "kept out by a rule" if kept_out else ""
    return Table("Rules of access", ("rule", "state", "until"), rows, summary=summary)


def _names(ids: set[str]) -> dict[str, str]:
    found = AccessRule.objects.filter(pk__in=sorted(ids)).values_list("pk", "list", "value")
    return {pk: f"{which} {value}" for pk, which, value in found}


references.register(references.Kind("acr_", LIST, _names))
panels.register(LIST, "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
panels.register("identity.user", "ops.view_accessrule", _about_user, last=True)
