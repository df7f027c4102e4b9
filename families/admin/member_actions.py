"""What staff can do to a member of a family, from the family's page: choose whom, say why."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms

from families import rules
from families.actions import admins, backups, departing
from families.models import Family
from family_site.identity import queries as identity
from ops import clock
from ops.actors import Actor
from ops.console.actions import ConfirmedAction, Effect, confirmed_action
from ops.console.outcomes import Outcomes
from ops.console.reasons import ReasonForm

MANAGE = "families.manage_members"


class MemberForm(ReasonForm):
    """Which member, and why."""

    member = forms.ChoiceField(label="Member")

    def __init__(self, data: Any = None, *, chosen: Sequence[Family] = ()) -> None:
        """Offer the members of the family."""
        super().__init__(data, chosen=chosen)
        members = {each.user_id: each for family in chosen for each in family.members}
        names = identity.usernames(set(members))
        field: Any = self.fields["member"]
        field.choices = [("", "Choose whom…")] + [
            (user_id, f"{names.get(user_id, user_id)} ({each.role})") for user_id, each in members.items()
        ]


def _effect(sentence: str) -> Callable[[Family, Actor], Effect]:
    """Return a preview: in an active family this happens to the member, in any other nothing."""

    def preview(family: Family, _actor: Actor) -> Effect:
        if family.status != rules.FamilyStatus.ACTIVE:
            return Effect("It is dissolved.", changes=False)
        return Effect(sentence)

    return preview


def _member_action(
    label: str, act: Callable[..., object], effect: str, *, asks_second_factor: bool = False
) -> ConfirmedAction:
    """Return the action that does something to one member of a family."""

    def done(_page: object, chosen: Sequence[Family], actor: Actor, member: str, reason: str) -> Outcomes:
        return Outcomes.of(
            chosen, lambda each: act(each.pk, member, actor=actor, now=clock.now(), reason=reason)
        )

    made = confirmed_action(
        label,
        permission=MANAGE,
        preview=_effect(effect),
        asks=MemberForm,
        of_one=True,
        asks_second_factor=asks_second_factor,
    )
    return made(done)


class MemberActions:
    """The actions; a page names them in ``actions``."""

    member_actions = ("promote", "demote", "designate", "stand_down", "remove")

    promote = _member_action(
        "Make admin",
        admins.promote_by_staff,
        "The member manages the family, and spends without limit.",
        asks_second_factor=True,
    )
    demote = _member_action(
        "Make plain member",
        admins.demote_by_staff,
        "The admin is a plain member, and spends nothing. Of the last one a backup admin takes over.",
    )
    designate = _member_action(
        "Designate backup admin",
        backups.designate_by_staff,
        "The member takes over once the last admin goes, after those who were designated before.",
    )
    stand_down = _member_action(
        "Remove backup admin", backups.remove_by_staff, "The member takes over no longer."
    )
    remove = _member_action(
        "Remove member",
        departing.remove_by_staff,
        "Membership, rights and relationships end, and the invitations that they sent. All are told by mail.",
    )
