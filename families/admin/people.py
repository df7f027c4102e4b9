"""People among families in the console: what they founded, belong to and may have."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import unescape
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import strip_tags

from families import queries
from families.actions import limiting
from families.actions.limiting import Wanted
from families.models import FamilyPerson
from families.rules import limits
from families.rules.limits import LimitType
from ops import clock
from ops.actors import Actor
from ops.console import audit_trail, panels, references
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.pages import ConsoleAdmin
from ops.console.reasons import ReasonForm
from ops.console.showing import NOTHING, Table, plain, when
from ops.mongo.collections import Document, collection

# By what the form and the contract call each, with the least and the most.
LIMITS: Mapping[LimitType, tuple[str, int, int]] = {
    LimitType.FAMILIES: ("Families founded", 0, 100),
    LimitType.MEMBERSHIPS: ("Memberships", 0, 1000),
    LimitType.MEMBERS: ("Members of each family they founded", 1, 500),
}
LONGEST_GRACE = 365


class LimitsForm(ReasonForm):
    """Which numbers, from when on, and why; what is left empty stays."""

    effective_on = forms.DateField(
        label="From which day on (UTC)",
        required=False,
        help_text="Empty: from now on.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    grace_days = forms.IntegerField(
        label="Days of grace", required=False, min_value=0, max_value=LONGEST_GRACE, help_text="Empty: none."
    )

    def __init__(self, data: Any = None, *, chosen: Sequence[FamilyPerson] = ()) -> None:
        """Ask for each limit, before the rest."""
        super().__init__(data, chosen=chosen)
        for kind, (label, least, most) in LIMITS.items():
            self.fields[kind] = forms.IntegerField(
                label=label, required=False, min_value=least, max_value=most, help_text="Empty: stays."
            )
        self.order_fields([*LIMITS, "effective_on", "grace_days", "reason"])

    def clean(self) -> dict[str, Any]:
        """Want a number."""
        said = self.cleaned_data
        if not self.errors and all(said.get(kind) is None for kind in LIMITS):
            self.add_error(next(iter(LIMITS)), "Say at least one of the numbers.")
        return said


@admin.register(FamilyPerson)
class FamilyPersonAdmin(ConsoleAdmin[FamilyPerson]):
    """See what families somebody founded and belongs to, and how many they may; set how many."""

    list_display = ("called", "founded_count", "member_count")
    search_fields = ("=pk",)
    search_help_text = "Exact id of a user."
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("id", "person")}),
        ("Families", {"fields": ("founded_families", "member_families")}),
    )
    actions = ("change_limits",)

    def named(self, term: str) -> Any:  # noqa: ARG002  # as every page's
        """Find nobody from elsewhere: the id is the user's, whose page comes first and links here."""
        return self.documents.none()

    def linked(self, document: FamilyPerson) -> str:
        """Return a link to the user, by name."""
        return references.shown(document, document.pk)

    def refers_to(self, document: FamilyPerson) -> Iterable[str | None]:
        """Return the user and the families."""
        yield document.pk
        yield from (*document.founded, *document.member_of)

    def person(self, person: FamilyPerson) -> str:
        """The user."""
        return references.shown(person, person.pk)

    @admin.display(description="person")
    def called(self, person: FamilyPerson) -> str:
        """The user's name, which leads to the page of these limits and not to the user."""
        return unescape(strip_tags(references.shown(person, person.pk)))

    @admin.display(description="founded")
    def founded_count(self, person: FamilyPerson) -> int:
        """How many families they founded and still belong to."""
        return len(person.founded)

    @admin.display(description="member of")
    def member_count(self, person: FamilyPerson) -> int:
        """How many families they belong to."""
        return len(person.member_of)

    @admin.display(description="founded")
    def founded_families(self, person: FamilyPerson) -> str:
        """The families they founded and still belong to."""
        return references.links(references.shown(person, each) for each in person.founded) or NOTHING

    @admin.display(description="member of")
    def member_families(self, person: FamilyPerson) -> str:
        """The families they belong to."""
        return references.links(references.shown(person, each) for each in person.member_of) or NOTHING

    @confirmed_action(
        "Change limits",
        permission="families.change_limits",
        preview=lambda _person, _actor: Effect("What is said holds from then on; lowering removes nobody."),
        asks=LimitsForm,
    )
    def change_limits(  # what the form asks for
        self,
        chosen: Sequence[FamilyPerson],
        actor: Actor,
        *,
        reason: str,
        effective_on: date | None,
        grace_days: int | None,
        **numbers: int | None,
    ) -> Outcomes:
        """Set how many families and members the people may have."""
        wanted = Wanted(
            {LimitType(kind): number for kind, number in numbers.items() if number is not None},
            reason,
            effective_on,
            grace_days or 0,
        )
        return Outcomes.of(
            chosen, lambda each: limiting.set_limits(each.pk, wanted, actor=actor, now=clock.now())
        )

    def tables(self, document: FamilyPerson) -> Sequence[Table]:
        """Return the limits with what is to come, and the preferences that differ from the defaults."""
        stored = {"limits": document.limits, "grace": document.grace}
        return [_limits(stored), _preferences(document)]


def _limits(stored: Document, *, more: tuple[str, str] | None = None) -> Table:
    now = clock.now()
    holds = queries.person_limits(stored, now)
    rows = []
    for kind, (label, _least, _most) in LIMITS.items():
        coming = limits.coming(stored["grace"], kind, now)
        later = (coming.limit, when(coming.ends_at)) if coming else (NOTHING, NOTHING)
        rows.append((label, plain(holds[kind]), *later))
    return Table("Limits", ("limit", "holds now", "to come", "from"), rows, more=more)


def _limits_of_user(user: Any) -> Table:
    """Return a person's limits; the link leads to where they are changed, once there is anything."""
    found = collection("family_people").find_one({"_id": user.pk}, {"limits": 1, "grace": 1})
    if found is None:
        return _limits({"limits": {}, "grace": None})
    return _limits(found, more=(references.page_of("families.familyperson", user.pk), "Change them"))


def _preferences(person: FamilyPerson) -> Table:
    rows = [(name, plain(value)) for name, value in person.notice_preferences.items()]
    return Table("Preferences about notices", ("name", "value"), rows, empty="As by default.")


panels.register("identity.user", "families.view_familyperson", _limits_of_user)
panels.register("families.familyperson", "ops.view_auditentry", lambda each: audit_trail.of_target(each.pk))
