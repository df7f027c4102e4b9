"""Users and roles of staff in the console; loads the pages of sessions and tokens."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.contrib import admin
from django.utils.html import format_html

from family_site.identity import rules
from family_site.identity.actions import confirming, disabling, ending, second_factor, viewing
from family_site.identity.admin_sessions import SessionAdmin
from family_site.identity.admin_tokens import PermanentTokenAdmin
from family_site.identity.models import StaffRole, User
from family_site.identity.queries import usernames
from ops.actors import EVERYTHING, Actor
from ops.console import audit_trail, filters, panels, references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, time_of, when
from ops.errors import InsufficientPermissionsError
from ops.limits import overriding
from ops.notices import admin as notices

__all__ = ["PermanentTokenAdmin", "SessionAdmin", "StaffRoleAdmin", "UserAdmin"]


def _refuse_without_the_right(user: User, actor: Actor) -> None:
    if right := rules.right_missing_to_disable(user.pk, is_staff=user.is_staff, actor=actor):
        raise InsufficientPermissionsError(required=right)


def _effect_of_disabling(user: User, actor: Actor) -> Effect:
    if not user.is_active:
        return Effect("Already disabled.", changes=False)
    _refuse_without_the_right(user, actor)
    return Effect("They cannot sign in until somebody enables them; all their sessions end.")


def _effect_of_enabling(user: User, actor: Actor) -> Effect:
    if user.is_active:
        return Effect("Not disabled.", changes=False)
    _refuse_without_the_right(user, actor)
    return Effect("They can sign in again; the sessions that have ended stay ended.")


def _effect_of_confirming(user: User, _actor: Actor) -> Effect:
    if user.email_confirmed_at is not None:
        return Effect("Already confirmed.", changes=False)
    return Effect(f"{user.email} counts as confirmed, though nobody has shown that they read it.")


def _effect_of_taking_away(user: User, actor: Actor) -> Effect:
    if not user.second_factor:
        return Effect("They have none.", changes=False)
    _refuse_without_the_right(user, actor)
    return Effect("The password alone is enough from then on; all sessions and permanent tokens end.")


def _effect_of_ending_all(user: User, actor: Actor) -> Effect:
    if user.pk == actor.id:
        return Effect("Yours, too: you will have to sign in again.")
    return Effect("They are signed out everywhere, and can sign in again; permanent tokens stay good.")


def _effect_of_viewing(user: User, actor: Actor) -> Effect:
    if not user.is_active:
        return Effect("They are disabled, so there is nothing that they see.", changes=False)
    if rules.right_missing_to_view_as(user.pk, is_staff=user.is_staff, actor=actor):
        return Effect("Of staff only superusers see what they see, and nobody of themselves.", changes=False)
    return Effect("For 15 minutes you see what they see; you can change nothing meanwhile.")


def _effect_of_clearing(_user: User, _actor: Actor) -> Effect:
    return Effect("What they did counts against no limit any more; failed sign-ins still do.")


@admin.register(User)
class UserAdmin(ConsoleAdmin[User]):
    """Find a person by id, name or address; see what they have and did; disable, enable, confirm them."""

    list_display = ("username", "email", "is_active", "is_staff", "created")
    list_filter = (
        filters.by_period("created_at", "registered"),
        filters.by_claim("is_staff", "staff"),
        filters.by_claim("is_active", "active"),
    )
    search_fields = ("=pk", "^username", "^email")
    search_help_text = "Exact id, or the beginning of a username or an e-mail address."
    names = ("pk", "username", "email")
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (None, {"fields": ("id", "username", "email", "confirmed", "created")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "roles")}),
        ("Sign-in", {"fields": ("has_second_factor",)}),
    )

    actions = (
        *("disable", "enable", "confirm_email", "clear_counters", "reset_second_factor"),
        *("end_sessions", "view_as"),
    )

    created = time_of("created_at", "registered")
    confirmed = time_of("email_confirmed_at", "address confirmed")

    def described(self, document: User) -> str:
        """Tell people of like names apart by their addresses."""
        return str(document.email)

    def summary(self, document: User) -> Iterable[str]:
        """Return whether they can come in, and what they are beside a member."""
        yield "Active" if document.is_active else "Disabled: cannot sign in, and spends nothing"
        if document.email_confirmed_at is None:
            yield "address not confirmed"
        if document.is_staff:
            roles = ["superuser"] if document.is_superuser else sorted(document.staff_roles or ())
            yield f"staff: {', '.join(roles) or 'no role'}"

    @admin.display(description="second factor")
    def has_second_factor(self, user: User) -> str:
        """Since when they have one."""
        if not user.second_factor:
            return NOTHING
        since = datetime.fromtimestamp(user.second_factor["on_since"], UTC)
        left = len(user.second_factor["backup_codes"])
        return format_html("since {}; backup codes left: {}", when(since), left)

    @admin.display(description="roles of staff")
    def roles(self, user: User) -> str:
        """Which roles of staff they have."""
        return ", ".join(user.staff_roles or ()) or NOTHING

    @confirmed_action("Disable", permission="identity.disable_user", preview=_effect_of_disabling)
    def disable(self, chosen: Sequence[User], actor: Actor, reason: str) -> Outcomes:
        """Keep the users out."""
        return Outcomes.of_action(disabling.disable, chosen, actor, reason)

    @confirmed_action("Enable", permission="identity.disable_user", preview=_effect_of_enabling)
    def enable(self, chosen: Sequence[User], actor: Actor, reason: str) -> Outcomes:
        """Let the users in again."""
        return Outcomes.of_action(disabling.enable, chosen, actor, reason)

    @confirmed_action(
        "Confirm addresses",
        one="Confirm address",
        permission="identity.confirm_email",
        preview=_effect_of_confirming,
    )
    def confirm_email(self, chosen: Sequence[User], actor: Actor, reason: str) -> Outcomes:
        """Take the users' addresses for confirmed."""
        return Outcomes.of_action(confirming.confirm_by_staff, chosen, actor, reason)

    @confirmed_action(
        "Clear rate limit counters", permission="ops.clear_counters", preview=_effect_of_clearing
    )
    def clear_counters(self, chosen: Sequence[User], actor: Actor, reason: str) -> Outcomes:
        """Let the users begin to count anew."""
        return Outcomes.of_action(overriding.clear_counters, chosen, actor, reason)

    @confirmed_action(
        "Take second factors away",
        one="Take second factor away",
        permission="identity.reset_second_factor",
        preview=_effect_of_taking_away,
        asks_second_factor=True,
    )
    def reset_second_factor(self, chosen: Sequence[User], actor: Actor, reason: str) -> Outcomes:
        """Help users who have lost their phone; who they are was looked at otherwise."""
        return Outcomes.of_action(second_factor.take_away, chosen, actor, reason)

    @confirmed_action(
        "End all sessions",
        permission="identity.revoke_session",
        preview=_effect_of_ending_all,
    )
    def end_sessions(self, chosen: Sequence[User], actor: Actor, reason: str) -> Outcomes:
        """Sign the users out everywhere."""
        return Outcomes.of_action(ending.end_all_by_staff, chosen, actor, reason)

    @confirmed_action(
        "View as",
        permission="identity.view_as",
        preview=_effect_of_viewing,
        of_one=True,
        asks_second_factor=True,
    )
    def view_as(self, chosen: Sequence[User], actor: Actor, reason: str) -> Outcomes:
        """Let the session of who asks see what the user sees."""
        return Outcomes.of_action(viewing.begin, chosen, actor, reason)

    def elsewhere(self, document: User) -> Sequence[tuple[str, str]]:
        """Return links to what the user did, and what was done to them."""
        return [
            (references.list_of("ops.auditentry", actor=document.pk), "Changes by this user"),
            (references.list_of("ops.auditentry", target=document.pk), "Changes of this user"),
        ]


@admin.register(StaffRole)
class StaffRoleAdmin(ConsoleAdmin[StaffRole]):
    """See what each role of staff may; migrations write it."""

    list_display = ("id", "may")
    search_fields = ("=pk",)
    search_help_text = "Exact name of a role."
    ordering = ("pk",)
    fields = ("id", "may")

    def may(self, role: StaffRole) -> str:
        """Its permissions."""
        return ", ".join(sorted(role.permissions)).replace(EVERYTHING, "everything")


references.register(references.Kind("user_", "identity.user", usernames, takes_others=True))
panels.register("identity.user", "ops.view_notification", notices.of_user, last=True)
panels.register(
    "identity.user", "ops.view_auditentry", lambda user: audit_trail.of_target(user.pk), last=True
)
