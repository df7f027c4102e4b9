"""Mails in the console: what became of each, what its template looks like, and a dead letter sent again.

The words of a mail are never shown here, only its template with made-up facts: they may hold a link that
opens something.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from ops.actors import Actor
from ops.console import audit_trail, filters, finding, panels, references, search
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, Table, plain, time_of, when
from ops.models.outbox import Mail, MailStatus
from ops.outbox import inbox, queries, rendering, resending, sealing, templates

STATUSES = [(str(each), str(each).replace("_", " ")) for each in MailStatus]
LIST = "ops.mail"
SHOWN = 10


class TemplateFilter(filters.ConsoleFilter):
    """By template."""

    title = "template"
    parameter_name = "template"
    field = "template"

    def lookups(self, request: HttpRequest, page: Any) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Return the registered templates."""
        return [(each.name, each.name) for each in templates.every()]


def _effect_of_resending(mail: Mail, _actor: Actor) -> Effect:
    if mail.status != MailStatus.DEAD_LETTER:
        return Effect("Not a dead letter.", changes=False)
    return Effect("It is queued again, as if it had never been tried.")


@admin.register(Mail)
class MailAdmin(ConsoleAdmin[Mail]):
    """Find a mail by its address, its state or its template; send a dead letter again."""

    list_display = ("queued", "state", "to", "template", "attempts", "next_attempt", "fault")
    list_display_links = ("queued",)
    list_filter = (
        filters.by_choice("status", "status", STATUSES),
        filters.by_period("created_at", "queued"),
        TemplateFilter,
    )
    search_fields = ("=pk", "=to")
    search_help_text = "Exact id of a mail, or address."
    names = ("pk",)
    ordering = ("-created_at", "-pk")
    narrowed_by = ("q",)
    narrowed_ordering = ("-created_at",)
    fieldsets = (
        (None, {"fields": ("id", "template", "to", "state", "fault")}),
        ("Delivery", {"fields": ("attempts", "queued", "next_attempt", "leased", "sent", "resent")}),
        ("Named by", {"fields": ("key", "message_id", "in_request")}),
    )
    actions = ("resend",)

    queued = time_of("created_at", "queued")
    leased = time_of("lease_until", "being sent until")
    sent = time_of("sent_at", "sent")
    resent = time_of("resent_at", "resent")

    def alike(self, term: str) -> Any:
        """Find the newest mails to an address."""
        if "@" not in term:
            return self.documents.none()
        return self.documents.filter(finding.exact(term, ("to",))).order_by("-created_at")

    def described(self, document: Mail) -> str:
        """Say when it was queued, and to whom."""
        return format_html("to {}, {}", document.to, when(document.created_at))

    def condition(self, term: str) -> Q:
        """Find a mail by its id, or those to an address, each by an index."""
        return Q(pk=term) if term.startswith("mail_") else Q(to=term)

    @admin.display(description="status")
    def state(self, mail: Mail) -> str:
        """Return the state in words."""
        return str(mail.status).replace("_", " ")

    @admin.display(description="request")
    def in_request(self, mail: Mail) -> str:
        """Return in which request it was queued."""
        return references.to_request(mail.request_id)

    @admin.display(description="next attempt")
    def next_attempt(self, mail: Mail) -> str:
        """Return when it is tried again; past: it is due, or being sent."""
        return when(mail.next_attempt_at) if mail.status == MailStatus.QUEUED else NOTHING

    @confirmed_action("Resend", permission="ops.resend_mail", preview=_effect_of_resending)
    def resend(self, chosen: Sequence[Mail], actor: Actor, reason: str) -> Outcomes:
        """Queue dead letters again."""
        return Outcomes.of_action(resending.resend, chosen, actor, reason)

    # Pages ------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of templates before those of mails."""
        site = self.admin_site
        return [
            path("templates/", site.admin_view(self.all_templates), name="ops_mail_templates"),
            path("templates/<str:name>/", site.admin_view(self.one_template), name="ops_mail_template"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, and above it what keeps mail from leaving."""
        return super().changelist_view(request, {"matter": _matter(), **(extra_context or {})})

    def all_templates(self, request: HttpRequest) -> HttpResponse:
        """List what can be mailed."""
        rows = [
            (_link_to(each.name), rendering.rendered(each, each.sample).subject) for each in templates.every()
        ]
        tables = [Table("Templates", ("template", "subject, with made-up facts"), rows)]
        return self._page(request, "admin/mail_templates.html", "Templates of e-mails", {"tables": tables})

    def one_template(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show a template with its made-up facts: as text, and as HTML in the light and in the dark.

        Raises:
            Http404: there is no such template.
        """
        try:
            template = templates.named(name)
        except KeyError:
            raise Http404 from None
        content = rendering.rendered(template, template.sample)
        frames = [(each, inbox.framed(content, scheme=each)) for each in ("light", "dark")]
        context = {"content": content, "frames": frames, "name": name}
        return self._page(request, "admin/mail_template.html", f"E-mail {name}", context)

    def _page(
        self, request: HttpRequest, template: str, title: str, context: Mapping[str, Any]
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        every = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, template, every)

    # What belongs to a mail -------------------------------------------------------------------

    def refers_to(self, document: Mail) -> Iterable[str | None]:
        """Return the ids that the template finds its facts by."""
        for value in sealing.bare(document.context or {}).values():
            yield from audit_trail.ids_in(value)

    def tables(self, document: Mail) -> Sequence[Table]:
        """Return those ids."""
        ids = sealing.bare(document.context or {})
        rows = [(name, references.shown(document, value)) for name, value in ids.items()]
        return [Table("What it is about", ("name", "value"), rows)]

    def elsewhere(self, document: Mail) -> Sequence[tuple[str, str]]:
        """Return a link to its template."""
        known = {each.name for each in templates.every()}
        address = reverse("admin:ops_mail_template", args=(document.template,))
        return [(address, "What such a mail looks like")] if document.template in known else []

    def latest(self) -> Table:
        """Return how mail is doing."""
        dead = queries.dead_letters()
        more = references.list_of(LIST, status=str(MailStatus.DEAD_LETTER))
        letters = f"{dead.count} wait for a person" if dead.count else "none"
        rows = [
            ("Mail server", _server()),
            ("Outbox", _matter() or "nothing that is due waits"),
            ("Dead letters", letters),
        ]
        return Table("E-mail", ("what", "state"), rows, more=(more, "Dead letters"))


def _server() -> str:
    if settings.MAIL_SERVER is not None:
        return str(settings.MAIL_SERVER)
    return "none: the demo shows its mails at /demo/inbox" if settings.MAIL_INBOX else queries.NO_SERVER


def _matter() -> str:
    """Say what keeps mail from leaving; empty: nothing."""
    fault = queries.fault()
    if fault == queries.NO_SERVER:
        return "No mail server is set (MAIL_URL): mails wait here, with no attempt counted, until one is."
    return f"{fault[0].upper()}{fault[1:]}." if fault else ""


def _link_to(name: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse("admin:ops_mail_template", args=(name,)), name)


def _table_of(title: str, found: Any, more: tuple[str, str] | None = None) -> Table:
    rows = [
        (
            references.link(LIST, each.pk, when(each.created_at)),
            each.template,
            each.to,
            str(each.status).replace("_", " "),
            plain(each.fault),
        )
        for each in found.order_by("-created_at")[:SHOWN]
    ]
    return Table(title, ("queued", "template", "to", "status", "fault"), rows, more=more)


def _to_user(user: Any) -> Table:
    """Return the newest mails to the address that somebody has now."""
    more = (references.list_of(LIST, q=user.email), "All mails to them")
    return _table_of("Latest mails", Mail.objects.filter(to=user.email).defer("context"), more)


def _of_request(request_id: str) -> Table:
    return _table_of("Mails", Mail.objects.filter(request_id=request_id).defer("context"))


def _names(ids: set[str]) -> dict[str, str]:
    found = Mail.objects.filter(pk__in=sorted(ids)).values_list("pk", "template")
    return {pk: f"{template} e-mail" for pk, template in found}


references.register(references.Kind("mail_", LIST, _names))
panels.register(LIST, "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
panels.register("identity.user", "ops.view_mail", _to_user, last=True)
panels.register(search.REQUEST, "ops.view_mail", _of_request)
