"""Permanent tokens in the console; ``admin`` registers the pages of people and loads these."""

from collections.abc import Iterable, Sequence

from django.contrib import admin

from family_site.identity.actions import permanent_tokens
from family_site.identity.models import PermanentToken, User
from family_site.identity.rules import is_token_revoked
from ops import clock
from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, Table, time_of, when

TOKENS_SHOWN = 10
IN_FORCE = "in force"


def _effect_of_revoking(token: PermanentToken, _actor: Actor) -> Effect:
    if token.revoked_at is not None or token.expires_at <= clock.now():
        return Effect("Already over.", changes=False)
    return Effect("Programs that use it are refused from the next call on; its user is warned.")


@admin.register(PermanentToken)
class PermanentTokenAdmin(ConsoleAdmin[PermanentToken]):
    """See which programs act for whom, with which scopes; revoke. No token is shown, since none is kept."""

    list_display = ("made", "user", "description", "may", "last_used", "ends", "revoked")
    list_filter = (filters.by_link("user_id", "user", "user"),)
    search_fields = ("=pk", "=user_id")
    search_help_text = "Exact id of a token or of its user."
    ordering = ("-created_at", "-pk")
    narrowed_by = ("user", "q")
    narrowed_ordering = ("-created_at", "-pk")
    fields = (
        *("id", "user", "description", "may", "good_from", "state"),
        *("made", "ends", "revoked", "last_used", "usage_count"),
    )

    actions = ("revoke",)

    made = time_of("created_at", "made")
    ends = time_of("expires_at", "ends")
    revoked = time_of("revoked_at", "revoked")
    last_used = time_of("last_used_at", "last used")

    @confirmed_action(
        "Revoke tokens", one="Revoke token", permission="identity.revoke_token", preview=_effect_of_revoking
    )
    def revoke(self, chosen: Sequence[PermanentToken], actor: Actor, reason: str) -> Outcomes:
        """Revoke the tokens."""
        return Outcomes.of_action(permanent_tokens.revoke_by_staff, chosen, actor, reason)

    def refers_to(self, document: PermanentToken) -> Iterable[str | None]:
        """Return whose it is."""
        return (document.user_id,)

    def user(self, token: PermanentToken) -> str:
        """Whose it is."""
        return references.shown(token, token.user_id)

    @admin.display(description="scopes")
    def may(self, token: PermanentToken) -> str:
        """What it opens."""
        return ", ".join(token.scopes)

    @admin.display(description="good from")
    def good_from(self, token: PermanentToken) -> str:
        """From where it is good."""
        return ", ".join(token.ip_restrictions) or "everywhere"

    def state(self, token: PermanentToken) -> str:
        """Whether it is over, and why."""
        stamp = User.objects.filter(pk=token.user_id).values_list("security_stamp", flat=True).first()
        return _state(token, stamp)


def _state(token: PermanentToken, stamp: str | None) -> str:
    facts = {"revoked_at": token.revoked_at, "security_stamp": token.security_stamp}
    if is_token_revoked(facts, stamp):
        return "revoked" if token.revoked_at else "ended with the password"
    return "expired" if token.expires_at <= clock.now() else IN_FORCE


def _tokens_of(user: User) -> Table:
    newest = PermanentToken.objects.filter(user_id=user.pk).order_by("-created_at", "-pk").defer("digest")
    rows = [
        (
            references.link("identity.permanenttoken", each.pk, each.description or NOTHING),
            ", ".join(each.scopes),
            _state(each, user.security_stamp),
            when(each.last_used_at),
            when(each.expires_at),
        )
        for each in newest[:TOKENS_SHOWN]
    ]
    more = (references.list_of("identity.permanenttoken", user=user.pk), "All their tokens")
    return Table("Permanent tokens", ("token", "scopes", "state", "last used", "ends"), rows, more=more)


def _token_names(ids: set[str]) -> dict[str, str]:
    found = PermanentToken.objects.filter(pk__in=sorted(ids)).values_list("pk", "description")
    return dict(found)


references.register(references.Kind("tok_", "identity.permanenttoken", _token_names))
panels.register("identity.user", "identity.view_permanenttoken", _tokens_of, last=True)
panels.register("identity.permanenttoken", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
