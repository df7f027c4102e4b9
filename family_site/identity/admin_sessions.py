"""Sessions in the console; ``admin`` registers the pages of people and loads these."""

from collections.abc import Iterable, Sequence

from django.contrib import admin

from family_site.identity.actions import sessions
from family_site.identity.models import Session, User
from ops import clock
from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, plain, time_of, when

SESSIONS_SHOWN = 10
# What is JSON in a session stays out: the ORM cannot read the times in it, and it is shown nowhere.
FIELDS_SHOWN = ("kind", "created_at", "last_seen_at", "expires_at", "revoked_at", "address")
IN_FORCE = "in force"


def _effect_of_ending(session: Session, actor: Actor) -> Effect:
    if _state(session) != IN_FORCE:
        return Effect("Already over.", changes=False)
    if session.pk == actor.session_id:
        return Effect("It is the one you are using: you will have to sign in again.")
    return Effect("It ends at once; its user can sign in again.")


@admin.register(Session)
class SessionAdmin(ConsoleAdmin[Session]):
    """See who is signed in, since when and from where; end it. No part of a token is shown."""

    list_display = ("opened", "user", "kind", "state", "last_seen", "ends", "address")
    list_filter = (filters.by_link("user_id", "user", "user"),)
    search_fields = ("=pk", "=user_id")
    search_help_text = "Exact id of a session or of its user."
    ordering = ("-created_at", "-pk")
    narrowed_by = ("user", "q")
    narrowed_ordering = ("-created_at",)
    fields = (
        "id",
        "user",
        "kind",
        "state",
        "opened",
        "last_seen",
        "ends",
        "revoked",
        "address",
        "user_agent",
    )

    actions = ("end",)

    opened = time_of("created_at", "opened")
    last_seen = time_of("last_seen_at", "last seen")
    ends = time_of("expires_at", "ends")
    revoked = time_of("revoked_at", "revoked")

    @confirmed_action(
        "End sessions", one="End session", permission="identity.revoke_session", preview=_effect_of_ending
    )
    def end(self, chosen: Sequence[Session], actor: Actor, reason: str) -> Outcomes:
        """End the sessions."""
        return Outcomes.of_action(sessions.end_by_staff, chosen, actor, reason)

    def refers_to(self, document: Session) -> Iterable[str | None]:
        """Return whose it is."""
        return (document.user_id,)

    def user(self, session: Session) -> str:
        """Whose it is."""
        return references.shown(session, session.user_id)

    def state(self, session: Session) -> str:
        """Whether it is in force."""
        return _state(session)


def _state(session: Session) -> str:
    if session.revoked_at is not None:
        return "revoked"
    return "over" if session.expires_at <= clock.now() else IN_FORCE


def _sessions_of(user: User) -> Table:
    newest = Session.objects.filter(user_id=user.pk).order_by("-created_at").only(*FIELDS_SHOWN)
    rows = [
        (
            references.link("identity.session", each.pk, when(each.created_at)),
            each.kind,
            _state(each),
            when(each.last_seen_at),
            plain(each.address),
        )
        for each in newest[:SESSIONS_SHOWN]
    ]
    more = (references.list_of("identity.session", user=user.pk), "All their sessions")
    return Table("Latest sessions", ("opened", "kind", "state", "last seen", "address"), rows, more=more)


def _session_names(ids: set[str]) -> dict[str, str]:
    found = Session.objects.filter(pk__in=sorted(ids)).values_list("pk", "kind")
    return {pk: f"{kind} session" for pk, kind in found}


references.register(references.Kind("ses_", "identity.session", _session_names))
panels.register("identity.user", "identity.view_session", _sessions_of, last=True)
panels.register("identity.session", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
