"""Families in the console."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html, format_html_join

from families import queries, rules
from families.actions import dissolving
from families.admin.member_actions import MemberActions
from families.models import Family, Member
from families.rules import limits, tree
from families.rules.limits import LimitType
from families.rules.tree import Branch
from ops import clock
from ops.actors import Actor
from ops.console import audit_trail, filters, finding, panels, references, zones
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.showing import Table, by_name, plain, time_of, up_to, when
from ops.console.trees import Node, Tree
from ops.notices import admin as notices
from tokens.models import SbdAccount
from tokens.rules import OwnerKind, account_name_of

MOST_BY_NAME = 100
MEMBERSHIPS_SHOWN = 50


def _effect_of_dissolving(family: Family, _actor: Actor) -> Effect:
    if family.status != rules.FamilyStatus.ACTIVE:
        return Effect("Already dissolved.", changes=False)
    return Effect("It ends for all its members, who are told by mail; its empty account is closed.")


@admin.register(Family)
class FamilyAdmin(MemberActions, ConsoleAdmin[Family]):
    """Find a family by id, member or founding name; see who is in it and what it has, and mend that."""

    list_display = ("name", "status", "admins", "people", "account", "created")
    list_filter = (
        filters.by_link("members__user_id", "member", "member"),
        filters.by_period("created_at", "founded"),
        filters.by_choice("status", "status", [(each.value, each.value) for each in rules.FamilyStatus]),
    )
    search_fields = ("=pk", "=account_id", "=members__user_id")
    search_help_text = (
        "Exact id of a family, its account or a member, or the beginning of the name it was founded with."
    )
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (None, {"fields": ("id", "name", "status", "founder", "account", "created", "updated", "dissolved")}),
        ("Room", {"fields": ("people", "most_members", "version")}),
    )
    actions = (*MemberActions.member_actions, "dissolve")

    created = time_of("created_at", "founded")
    updated = time_of("updated_at", "last change")
    dissolved = time_of("dissolved_at", "dissolved")

    def refers_to(self, document: Family) -> Iterable[str | None]:
        """Return the account and the people."""
        yield from (document.account_id, document.founder_id)
        yield from document.admin_user_ids
        for each in document.members:
            yield each.user_id

    def condition(self, term: str) -> Q:
        """Find also by name: the account keeps the name that the family was founded with."""
        return super().condition(term) | self._by_account_name(term)

    def alike(self, term: str) -> Any:
        """Find by the name that the family was founded with."""
        return self.documents.filter(self._by_account_name(term))

    def summary(self, document: Family) -> Iterable[str]:
        """Return how it stands, and who is in it."""
        yield str(document.status).capitalize()
        yield f"{len(document.members)} members, {len(document.admin_user_ids)} of them admins"

    def described(self, document: Family) -> str:
        """Tell families of one name apart by what is in them."""
        since = zones.here(document.created_at)
        return f"{document.status}, {len(document.members)} members, since {since:%Y-%m-%d}"

    def account(self, family: Family) -> str:
        """Its account."""
        return references.shown(family, family.account_id)

    def founder(self, family: Family) -> str:
        """Who founded it."""
        return references.shown(family, family.founder_id)

    def admins(self, family: Family) -> str:
        """Who manages it."""
        return references.links(references.shown(family, each) for each in family.admin_user_ids)

    @admin.display(description="members")
    def people(self, family: Family) -> int:
        """How many people are in it."""
        return len(family.members)

    @admin.display(description="most members")
    def most_members(self, family: Family) -> str:
        """How many people it has room for, pending invitations included."""
        now, grace = clock.now(), family.limits.get("grace")
        given = limits.held(family.limits, grace, LimitType.MEMBERS, now)
        shown = f"{settings.MAX_MEMBERS_PER_FAMILY} (default)" if given is None else f"{given} (set by staff)"
        new = limits.coming(grace, LimitType.MEMBERS, now)
        if new is None:
            return shown
        return format_html("{}, from {} on {} (set by staff)", shown, when(new.ends_at), new.limit)

    @confirmed_action(
        "Dissolve",
        permission="families.dissolve_family",
        preview=_effect_of_dissolving,
        asks_second_factor=True,
    )
    def dissolve(self, chosen: Sequence[Family], actor: Actor, reason: str) -> Outcomes:
        """End the families."""
        return Outcomes.of_action(dissolving.dissolve_by_staff, chosen, actor, reason)

    def tables(self, document: Family) -> Sequence[Table | Tree]:
        """Return members, as they joined and as they are related, and all settings, defaults included."""
        members = [_member(document, each) for each in document.members]
        return [
            Table("Members", ("member", "role", "backup admin", "joined"), members),
            _tree(document),
            by_name("Settings", rules.effective_settings(document.settings)),
            by_name(
                "Notification settings", rules.effective_notification_settings(document.notification_settings)
            ),
        ]

    def elsewhere(self, document: Family) -> Sequence[tuple[str, str]]:
        """Return links to what was changed."""
        return [(references.list_of("ops.auditentry", family=document.pk), "Changes in this family")]

    @staticmethod
    def _by_account_name(term: str) -> Q:
        name = account_name_of(term)
        if name == account_name_of(""):  # nothing of the term is left; every family's name begins so
            return Q(pk__in=())
        begins = finding.beginning("username", name)
        owned = SbdAccount.objects.filter(begins, owner__kind=OwnerKind.FAMILY).only("owner")
        return Q(pk__in=[each.owner.owner_id for each in owned[:MOST_BY_NAME]])


def _tree(family: Family) -> Tree:
    """Return the members by what they are to each other."""
    ids = [each.user_id for each in sorted(family.members, key=lambda each: each.joined_at)]
    tops = tree.drawn(ids, queries.relationships_of(family.pk))
    return Tree("Family tree", [_node(family, each) for each in tops])


def _node(family: Family, branch: Branch) -> Node:
    line = format_html(
        "{}{}", references.shown(family, branch.user_id), f", {branch.tie}" if branch.tie else ""
    )
    if branch.ties:
        told = [(each.kind, references.shown(family, each.other)) for each in branch.ties]
        line = format_html('{} <span class="note">({})</span>', line, format_html_join(", ", "{}: {}", told))
    return Node(line, [_node(family, each) for each in branch.below])


def _member(family: Family, member: Member) -> Sequence[object]:
    return (
        references.shown(family, member.user_id),
        member.role,
        plain(member.is_backup_admin),
        when(member.joined_at),
    )


def _family_names(ids: set[str]) -> dict[str, str]:
    return dict(Family.objects.filter(pk__in=sorted(ids)).values_list("pk", "name"))


def _families_of_user(user: Any) -> Table:
    joined = Family.objects.filter(members__user_id=user.pk).only("name", "status", "members")
    rows = []
    for family in joined[:MEMBERSHIPS_SHOWN]:
        mine = next(each for each in family.members if each.user_id == user.pk)
        name = references.link("families.family", family.pk, family.name)
        rows.append((name, family.status, mine.role, when(mine.joined_at)))
    more = (references.list_of("families.family", member=user.pk), "Their families as a list")
    shown = up_to(len(rows), MEMBERSHIPS_SHOWN)
    summary = f"member of {shown} famil{'y' if shown == '1' else 'ies'}"
    return Table("Families", ("family", "status", "role", "joined"), rows, more=more, summary=summary)


references.register(references.Kind("fam_", "families.family", _family_names))
panels.register("identity.user", "families.view_family", _families_of_user)
panels.register("families.family", "ops.view_notification", notices.of_family)
panels.register("families.family", "ops.view_auditentry", lambda each: audit_trail.of_family(each.pk))
