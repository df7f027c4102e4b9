"""Votes on opening a frozen account in the console: they are the members', so staff only look."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q

from families.models import EmergencyUnfreeze, FamilyRecovery, FamilyRelationship
from families.rules import emergency as rules
from families.rules.emergency import EmergencyStatus, Vote
from families.rules.recovery import RecoveryStatus
from ops.console import audit_trail, filters, jumps, panels, references
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, plain, time_of, when

STATUSES = [(each.value, each.value) for each in EmergencyStatus]
NEWEST_SHOWN = 5


@admin.register(EmergencyUnfreeze)
class EmergencyUnfreezeAdmin(ConsoleAdmin[EmergencyUnfreeze]):
    """Find a vote by id, family or status; see who asked for it, who voted and what became of it."""

    list_display = ("begun", "family", "status", "requester", "required", "ends", "ended")
    list_display_links = ("begun",)
    list_filter = (
        filters.by_link("family_id", "family", "family"),
        filters.by_choice("status", "status", STATUSES),
        filters.by_period("created_at", "begun"),
    )
    search_fields = ("=pk",)
    search_help_text = "Exact id of a vote or of a family."
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (None, {"fields": ("id", "family", "account", "status", "requester", "reason")}),
        ("Freeze that it lifts", {"fields": ("freezer", "frozen")}),
        ("Votes", {"fields": ("required", "approvals", "rejections", "still_to_vote")}),
        ("Life", {"fields": ("begun", "ends", "ended")}),
    )

    begun = time_of("created_at", "begun")
    ends = time_of("expires_at", "expires")
    ended = time_of("ended_at", "ended")

    def condition(self, term: str) -> Q:
        """Find one by its id, or those of a family, each by an index."""
        return Q(family_id=term) if term.startswith("fam_") else Q(pk=term)

    def refers_to(self, document: EmergencyUnfreeze) -> Iterable[str | None]:
        """Return family, account and people."""
        yield from (document.family_id, document.account_id, document.requested_by, document.freeze["by"])
        for each in document.voters:
            yield each["user_id"]

    def family(self, emergency: EmergencyUnfreeze) -> str:
        """Of which family."""
        return references.shown(emergency, emergency.family_id)

    def account(self, emergency: EmergencyUnfreeze) -> str:
        """What it opens."""
        return references.shown(emergency, emergency.account_id)

    @admin.display(description="asked for by")
    def requester(self, emergency: EmergencyUnfreeze) -> str:
        """Who asked for it."""
        return references.shown(emergency, emergency.requested_by)

    @admin.display(description="frozen by")
    def freezer(self, emergency: EmergencyUnfreeze) -> str:
        """Who froze the account."""
        return references.shown(emergency, emergency.freeze["by"])

    @admin.display(description="frozen")
    def frozen(self, emergency: EmergencyUnfreeze) -> str:
        """When they did."""
        return when(emergency.freeze["at"])

    def approvals(self, emergency: EmergencyUnfreeze) -> int:
        """How many approvals count."""
        return rules.number_of(emergency.voters, Vote.APPROVAL)

    def rejections(self, emergency: EmergencyUnfreeze) -> int:
        """How many rejections count."""
        return rules.number_of(emergency.voters, Vote.REJECTION)

    @admin.display(description="have not voted")
    def still_to_vote(self, emergency: EmergencyUnfreeze) -> int:
        """How many of those who count have not voted."""
        return rules.number_of(emergency.voters, None)

    def tables(self, document: EmergencyUnfreeze) -> Sequence[Table]:
        """Return all who could vote."""
        rows = [
            (
                references.shown(document, each["user_id"]),
                plain(each["vote"]),
                when(each["voted_at"]),
                plain(each["reason"]),
                when(each["left_at"]),
            )
            for each in document.voters
        ]
        return [Table("Voters", ("voter", "vote", "voted", "reason", "left the family"), rows)]

    def elsewhere(self, document: EmergencyUnfreeze) -> Sequence[tuple[str, str]]:
        """Return a link to the family's other votes."""
        address = references.list_of("families.emergencyunfreeze", family=document.family_id)
        return [(address, "Votes of this family")]


def _names(ids: set[str]) -> dict[str, str]:
    found = EmergencyUnfreeze.objects.filter(pk__in=sorted(ids)).values_list("pk", "status")
    return {pk: f"{status} emergency unfreeze" for pk, status in found}


def _of_family(family: Any) -> Table:
    """Return the family's newest votes."""
    found = EmergencyUnfreeze.objects.filter(family_id=family.pk).order_by("-created_at", "-pk")
    rows = [
        (
            references.link("families.emergencyunfreeze", each.pk, when(each.created_at)),
            each.status,
            when(each.expires_at),
        )
        for each in found.only("status", "created_at", "expires_at")[:NEWEST_SHOWN]
    ]
    more = (references.list_of("families.emergencyunfreeze", family=family.pk), "All its votes")
    return Table("Votes on opening the account", ("begun", "status", "expires"), rows, more=more)


def _of_account(account: Any) -> Table:
    """Return the vote on opening a frozen account that is under way, if there is one."""
    pending = EmergencyUnfreeze.objects.filter(account_id=account.pk, status=EmergencyStatus.PENDING.value)
    found = list(pending.only("requested_by", "created_at", "expires_at")[:1])
    links = references.resolve(each.requested_by for each in found)
    rows = [
        (
            references.link("families.emergencyunfreeze", each.pk, when(each.created_at)),
            links.get(each.requested_by, each.requested_by),
            when(each.expires_at),
        )
        for each in found
    ]
    summary = "its members vote on opening it" if rows else ""
    return Table("Vote under way", ("begun", "asked for by", "expires"), rows, summary=summary)


def _recovery_of(family: Any) -> Table:
    """Return the recovery by which the members are getting an admin again, if one is under way."""
    pending = FamilyRecovery.objects.filter(family_id=family.pk, status=RecoveryStatus.PENDING.value)
    found = list(pending.only("initiated_by", "required", "created_at", "expires_at")[:1])
    links = references.resolve(each.initiated_by for each in found)
    rows = [
        (
            when(each.created_at),
            links.get(each.initiated_by, each.initiated_by),
            each.required,
            when(each.expires_at),
        )
        for each in found
    ]
    summary = "its members are recovering it" if rows else ""
    columns = ("begun", "by", "verifications needed", "expires")
    return Table("Recovery under way", columns, rows, summary=summary)


def _family_of_recovery(identifier: str) -> str | None:
    """Return the page of the family that a recovery is of."""
    found = FamilyRecovery.objects.filter(pk=identifier).values_list("family_id", flat=True).first()
    return references.page_of("families.family", found) if found else None


def _family_of_relationship(identifier: str) -> str | None:
    """Return the page of the family that a relationship is in."""
    found = FamilyRelationship.objects.filter(pk=identifier).values_list("family_id", flat=True).first()
    return references.page_of("families.family", found) if found else None


references.register(references.Kind("emr_", "families.emergencyunfreeze", _names))
panels.register("families.family", "families.view_emergencyunfreeze", _of_family)
panels.register("families.family", "families.view_family", _recovery_of)
panels.register("tokens.sbdaccount", "families.view_emergencyunfreeze", _of_account)
jumps.register("rec_", "families.view_family", _family_of_recovery)
jumps.register("rel_", "families.view_family", _family_of_relationship)
panels.register(
    "families.emergencyunfreeze", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk)
)
