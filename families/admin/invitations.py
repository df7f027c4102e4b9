"""Invitations in the console."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html

from families.actions import inviting
from families.invitations import rules
from families.invitations.models.invitation import BY_FAMILY, BY_INVITEE, FamilyInvitation
from families.invitations.rules import InvitationStatus
from ops import clock
from ops.actors import Actor
from ops.console import audit_trail, filters, panels, references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import NOTHING, Table, plain, time_of, up_to, when
from ops.mongo.collections import Document, collection
from ops.mongo.indexes import Index

STATUSES = [(each.value, each.value) for each in InvitationStatus]
PENDING = InvitationStatus.PENDING.value
EVERY_STATUS = [each.value for each in InvitationStatus]
OPEN_SHOWN = 50
LATEST_SHOWN = 10
NAME, CREATED = "family_invitations", "invitation.created"
WITHIN = {
    "overdue": ("Overdue", timedelta()),
    "day": ("Expires within a day", timedelta(days=1)),
    "two": ("Expires within 2 days", timedelta(days=2)),
    "week": ("Expires within 7 days", timedelta(days=7)),
}
TIME_LEFT = filters.by_time_left("expires_at", "time left", "expires", status=PENDING, spans=WITHIN)


def _effect(sentence: str) -> Callable[[FamilyInvitation, Actor], Effect]:
    """Return a preview: of an open invitation this happens, of any other nothing."""

    def preview(invitation: FamilyInvitation, _actor: Actor) -> Effect:
        now = clock.now()
        stands = {"status": invitation.status, "expires_at": invitation.expires_at}
        if refusal := rules.refusal_to_answer(stands, now):
            return Effect(f"No longer open: {refusal}.", changes=False)
        return Effect(sentence)

    return preview


def _effect_of_expiring(invitation: FamilyInvitation, _actor: Actor) -> Effect:
    if invitation.status != PENDING:
        return Effect(f"No longer pending: {invitation.status}.", changes=False)
    return Effect("It expires at once: its link is void, its place free. The invitee is not told.")


@admin.register(FamilyInvitation)
class InvitationAdmin(ConsoleAdmin[FamilyInvitation]):
    """Find an invitation by id, family, address or time left; cancel it, mail it again, let it expire."""

    list_display = ("sent", "family", "invitee_shown", "inviter", "relationship_type", "status", "ends")
    list_display_links = ("sent",)
    list_filter = (
        filters.by_link("family_id", "family", "family"),
        filters.by_choice("status", "status", STATUSES),
        TIME_LEFT,
        filters.by_period("created_at", "sent"),
        filters.by_own_time("responded_at", "answered"),
    )
    search_fields = ("=pk",)
    search_help_text = "Exact id of an invitation, a family or an invited user, or the invited address."
    ordering = ("-created_at", "-pk")
    narrowed_by = ("q", "family")
    narrowed_ordering = ("status", "-created_at", "-pk")  # as their indexes have it
    fieldsets = (
        (None, {"fields": ("id", "family", "inviter", "invitee_shown", "relationship_type", "status")}),
        ("Life", {"fields": ("sent", "ends", "answered", "answered_by", "cancelled", "reminded")}),
        ("Mail", {"fields": ("mail", "resend_count")}),
    )
    actions = ("cancel", "resend", "expire")

    sent = time_of("created_at", "sent")
    ends = time_of("expires_at", "expires")
    answered = time_of("responded_at", "answered")
    cancelled = time_of("cancelled_at", "cancelled")
    reminded = time_of("reminded_at", "reminded")

    def alike(self, term: str) -> Any:
        """Find the invitations to an address."""
        if "@" not in term:
            return self.documents.none()
        found = self.documents.filter(invitee=rules.address_key(term.lower()))
        return found.order_by("-status", "created_at", "pk")  # their index read backwards: pending ones first

    def described(self, document: FamilyInvitation) -> str:
        """Say until when it can be answered."""
        return format_html("by {}, until {}", document.inviter_username, when(document.expires_at))

    def condition(self, term: str) -> Q:
        """Find one by its id, or those of a family, an address or a user, each by an index."""
        if term.startswith("inv_"):
            return Q(pk=term)
        if term.startswith("fam_"):
            return Q(family_id=term)
        key = rules.user_key(term) if term.startswith("user_") else rules.address_key(term.lower())
        return Q(invitee=key)

    def is_meant(self, document: FamilyInvitation, term: str) -> bool:
        """Mean the open one: whoever looks for an address that is nobody's asks about its invitation."""
        return document.status == PENDING and document.invitee_email == term.casefold()

    def refers_to(self, document: FamilyInvitation) -> Iterable[str | None]:
        """Return family, people and mail."""
        yield from (document.family_id, document.inviter_id, document.responded_by, document.mail_id)
        yield _user_id(document)

    def family(self, invitation: FamilyInvitation) -> str:
        """Into which family."""
        return references.shown(invitation, invitation.family_id)

    def inviter(self, invitation: FamilyInvitation) -> str:
        """Who invites."""
        return references.shown(invitation, invitation.inviter_id)

    @admin.display(description="invitee")
    def invitee_shown(self, invitation: FamilyInvitation) -> str:
        """Who is invited: an address, or a user."""
        user_id = _user_id(invitation)
        if user_id is not None:
            return references.shown(invitation, user_id)
        return invitation.invitee_email or rules.BLANKED

    @admin.display(description="answered by")
    def answered_by(self, invitation: FamilyInvitation) -> str:
        """Who answered."""
        found = invitation.responded_by
        return references.shown(invitation, found) if found else NOTHING

    @admin.display(description="last mail")
    def mail(self, invitation: FamilyInvitation) -> str:
        """The last mail that was queued for it."""
        return references.shown(invitation, invitation.mail_id) if invitation.mail_id else NOTHING

    @confirmed_action(
        "Cancel",
        permission="invitations.cancel_familyinvitation",
        preview=_effect("Its link is void, its place free. The invitee is not told."),
    )
    def cancel(self, chosen: Sequence[FamilyInvitation], actor: Actor, reason: str) -> Outcomes:
        """Take the offers back."""
        return Outcomes.of_action(inviting.cancel_by_staff, chosen, actor, reason)

    @confirmed_action(
        "Resend",
        permission="invitations.resend_familyinvitation",
        preview=_effect("It is mailed again with a new link and seven new days; the old link is void."),
    )
    def resend(self, chosen: Sequence[FamilyInvitation], actor: Actor, reason: str) -> Outcomes:
        """Mail them again."""
        return Outcomes.of_action(inviting.resend_by_staff, chosen, actor, reason)

    @confirmed_action(
        "Expire now", permission="invitations.expire_familyinvitation", preview=_effect_of_expiring
    )
    def expire(self, chosen: Sequence[FamilyInvitation], actor: Actor, reason: str) -> Outcomes:
        """Let them end."""
        return Outcomes.of_action(inviting.expire_by_staff, chosen, actor, reason)

    def elsewhere(self, document: FamilyInvitation) -> Sequence[tuple[str, str]]:
        """Return a link to the family's other invitations."""
        address = references.list_of("invitations.familyinvitation", family=document.family_id)
        return [(address, "Invitations of this family")]


def _user_id(invitation: FamilyInvitation) -> str | None:
    """Return the id of an invitee who was named as a user."""
    return _user_of(invitation.invitee)


def _user_of(invitee: str) -> str | None:
    prefix = rules.user_key("")
    return invitee.removeprefix(prefix) if invitee.startswith(prefix) else None


def _names(ids: set[str]) -> dict[str, str]:
    found = FamilyInvitation.objects.filter(pk__in=sorted(ids)).values_list("pk", "status")
    return {pk: f"{status} invitation" for pk, status in found}


def _open_of_family(family: Any) -> Table:
    """Return the family's pending invitations, those that end soonest first."""
    pending = FamilyInvitation.objects.filter(family_id=family.pk, status=PENDING).order_by("-created_at")
    rows = [
        (
            references.link("invitations.familyinvitation", each.pk, when(each.created_at)),
            plain(each.invitee_email or each.invitee_username),
            each.relationship_type,
            when(each.expires_at),
        )
        for each in pending[:OPEN_SHOWN]
    ]
    more = (references.list_of("invitations.familyinvitation", family=family.pk), "All its invitations")
    shown = up_to(len(rows), OPEN_SHOWN)
    summary = f"{shown} invitation{'' if shown == '1' else 's'} pending" if rows else ""
    columns = ("sent", "invitee", "as", "expires")
    return Table("Pending invitations", columns, rows, more=more, summary=summary)


def _earlier_of_family(family: Any) -> Table:
    """Return how the family's latest invitations ended, the newest first."""
    over = [each for each in EVERY_STATUS if each != PENDING]
    return _table_of("Earlier invitations", _newest({"family_id": family.pk}, over, BY_FAMILY))


def _to_user(user: Any) -> Table:
    """Return the newest invitations to somebody, by their name or by the address that they have now."""
    keys = [rules.user_key(user.pk), rules.address_key(user.email)]
    found = _newest({"invitee": {"$in": keys}}, EVERY_STATUS, BY_INVITEE)
    now = clock.now()
    waiting = sum(rules.refusal_to_answer(each, now) is None for each in found)
    table = _table_of("Invitations to them", found)
    return (
        replace(table, summary=f"{waiting} invitation{'' if waiting == 1 else 's'} to answer")
        if waiting
        else table
    )


def _by_user(user: Any) -> Table:
    """Return the newest invitations by somebody; the audit log knows which those are."""
    ids = audit_trail.targets_of(user.pk, [CREATED], LATEST_SHOWN)
    found = collection(NAME).find({"_id": {"$in": ids}}, limit=LATEST_SHOWN) if ids else []
    return _table_of("Invitations by them", sorted(found, key=lambda each: each["created_at"], reverse=True))


def _newest(query: Mapping[str, Any], statuses: Sequence[str], by: Index) -> list[Document]:
    """Return the newest of these statuses; by the one index that gives them in order."""
    wanted = {**query, "status": {"$in": list(statuses)}}
    newest_first = {"$sort": {"created_at": -1, "_id": -1}}
    return collection(NAME).aggregate(
        [{"$match": wanted}, newest_first, {"$limit": LATEST_SHOWN}], hint=by.directions
    )


def _table_of(title: str, found: Sequence[Document]) -> Table:
    people = {each["_id"]: _user_of(each["invitee"]) for each in found}
    links = references.resolve([*people.values(), *(each["family_id"] for each in found)])
    rows = [
        (
            references.link("invitations.familyinvitation", each["_id"], when(each["created_at"])),
            links.get(each["family_id"], each["family_name"]),
            links.get(people[each["_id"]] or "") or plain(each["invitee_email"] or each["invitee_username"]),
            each["status"],
            when(each["expires_at"]),
        )
        for each in found
    ]
    return Table(title, ("sent", "family", "invitee", "status", "expires"), rows)


references.register(references.Kind("inv_", "invitations.familyinvitation", _names))
panels.register("families.family", "invitations.view_familyinvitation", _open_of_family)
panels.register("families.family", "invitations.view_familyinvitation", _earlier_of_family)
panels.register("identity.user", "invitations.view_familyinvitation", _to_user)
panels.register("identity.user", "invitations.view_familyinvitation", _by_user)
panels.register(
    "invitations.familyinvitation", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk)
)
