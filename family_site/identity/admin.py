"""Users and their sessions in the console."""

from collections.abc import Iterable, Sequence

from django.contrib import admin

from family_site.identity.models import Session, User
from family_site.identity.queries import usernames
from ops import clock
from ops.console import audit_trail, filters, panels, references
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, plain, time_of, when

SESSIONS_SHOWN = 10


@admin.register(User)
class UserAdmin(ConsoleAdmin[User]):
    """Find a person by id, name or address; see what they have and did."""

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
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
    )

    created = time_of("created_at", "registered")
    confirmed = time_of("email_confirmed_at", "address confirmed")

    def elsewhere(self, document: User) -> Sequence[tuple[str, str]]:
        """Return links to what the user did, and what was done to them."""
        return [
            (references.list_of("ops.auditentry", actor=document.pk), "Changes by this user"),
            (references.list_of("ops.auditentry", target=document.pk), "Changes of this user"),
        ]


@admin.register(Session)
class SessionAdmin(ConsoleAdmin[Session]):
    """See who is signed in, since when and from where. No part of a token is shown."""

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

    opened = time_of("created_at", "opened")
    last_seen = time_of("last_seen_at", "last seen")
    ends = time_of("expires_at", "ends")
    revoked = time_of("revoked_at", "revoked")

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
    return "over" if session.expires_at <= clock.now() else "in force"


def _sessions_of(user: User) -> Table:
    newest = Session.objects.filter(user_id=user.pk).order_by("-created_at").defer("refresh", "data")
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


references.register(references.Kind("user_", "identity.user", usernames, takes_others=True))
references.register(references.Kind("ses_", "identity.session", _session_names))
panels.register("identity.user", "identity.view_session", _sessions_of, last=True)
panels.register(
    "identity.user", "ops.view_auditentry", lambda user: audit_trail.of_target(user.pk), last=True
)
panels.register("identity.session", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
