"""Whatever people do with their families, in whatever order: the answers and what is seen are the model's.

Source: HTTP contract, sections 4 to 6 and 18 (rules 7 to 11, 16, 17).
"""

from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from tests.consistency import REVERSES
from tests.factories import new_person
from tests.families.family_machine import (
    DEMOTE,
    DESIGNATE,
    PROMOTE,
    STAND_DOWN,
    Call,
    Change,
    FamilyMachine,
    of,
)
from tests.families.family_model import Tie
from tests.scale import trials

# Which of those that it can be, counted round and round.
PLACE = st.integers(0, 59)
KINDS = st.sampled_from(sorted(REVERSES))
FITTING = [(kind, back) for kind in sorted(REVERSES) for back in (None, *sorted(REVERSES[kind]))]
SIDES = st.sampled_from(FITTING) | st.sampled_from(FITTING) | st.tuples(KINDS, KINDS)
ROLES = st.sampled_from(["member", "admin", "backup_admin"])
CHANGES = st.sampled_from([PROMOTE, PROMOTE, DEMOTE, DESIGNATE, DESIGNATE, STAND_DOWN])
MOST_PEOPLE, MOST_FAMILIES = 7, 3
LIVES = 12
STEPS = 50
RUNS = 270  # of nearly STEPS commands each: more than the 10,000 that are asked for


class Machine(FamilyMachine):
    """People who found, invite, join, manage, relate, leave, remove and dissolve."""

    @initialize(people=st.integers(4, MOST_PEOPLE), roles=st.lists(ROLES, min_size=1, max_size=4))
    def begin(self, people: int, roles: list[str]) -> None:
        """Let there be people, and a family of some of them, each with a role."""
        self.ids = self.ids[:people]
        founder = self.ids[0]
        self.founded(founder)
        (family_id,) = self.model.families
        for user, role in zip(self.ids[1:], roles, strict=False):
            invitation_id = self.invited(founder, family_id, (user, False), "sibling")
            self.answered(user, str(invitation_id), "accept")
            if role == "admin":
                self.manages(founder, family_id, user, PROMOTE)
            if role == "backup_admin":
                self.manages(founder, family_id, user, DESIGNATE)

    @precondition(lambda self: len(self.model.families) < MOST_FAMILIES or self.full())
    @rule(by=PLACE)
    def found(self, by: int) -> None:
        """Somebody founds a family; where there are enough, one who has founded them all."""
        self.founded(of(self.ids if len(self.model.families) < MOST_FAMILIES else self.full(), by))

    @rule(by=PLACE, family=PLACE, who=PLACE, by_name=st.booleans(), kind=KINDS)
    def invite(self, by: int, family: int, who: int, by_name: bool, kind: str) -> None:  # noqa: FBT001  # drawn
        """Somebody is invited."""
        family_id = self.family(family)
        inviter, user = self.somebody(family_id, by), of(self.ids, who)
        self.invited(inviter, family_id, (user, by_name), kind)

    @rule(family=PLACE, who=PLACE, by_name=st.booleans(), kind=KINDS)
    def joins(self, family: int, who: int, by_name: bool, kind: str) -> None:  # noqa: FBT001  # drawn
        """An admin invites somebody, who accepts."""
        family_id = self.family(family)
        inviter = of(self.admins(family_id) or self.ids, family)
        outside = [each for each in self.ids if each not in self.members(family_id)]
        if invited := self.invited(inviter, family_id, (of(outside or self.ids, who), by_name), kind):
            self.answered(self.model.invitations[invited].user, invited, "accept")

    @precondition(lambda self: self.model.invitations)
    @rule(by=PLACE, invitation=PLACE, accepts=st.booleans())
    def answer(self, by: int, invitation: int, accepts: bool) -> None:  # noqa: FBT001  # drawn
        """Somebody answers an invitation, mostly their own."""
        invitation_id = of(self.offers(), invitation)
        user = self.model.invitations[invitation_id].user
        self.answered(
            of([user, user, user, *self.ids], by), invitation_id, "accept" if accepts else "decline"
        )

    @precondition(lambda self: self.model.invitations)
    @rule(by=PLACE, invitation=PLACE)
    def withdraw(self, by: int, invitation: int) -> None:
        """Somebody takes an invitation back."""
        invitation_id = of(self.offers(), invitation)
        family_id = self.model.invitations[invitation_id].family
        user = self.somebody(family_id, by)
        expected = self.model.told(self.model.withdraw, user, family_id, invitation_id)
        self.sent(user, expected, Call("DELETE", f"/family/{family_id}/invitations/{invitation_id}"))

    @rule(by=PLACE, family=PLACE, wanted=st.booleans())
    def let_members_invite(self, by: int, family: int, wanted: bool) -> None:  # noqa: FBT001  # drawn
        """Somebody says who may invite."""
        family_id = self.family(family)
        user = self.somebody(family_id, by)
        expected = self.model.told(self.model.let_members_invite, user, family_id, wanted=wanted)
        body = {"settings": {"allow_member_invites": wanted}}
        self.sent(user, expected, Call("PUT", f"/family/{family_id}", body))

    @rule(by=PLACE, family=PLACE, whom=PLACE, change=CHANGES)
    def manage(self, by: int, family: int, whom: int, change: Change) -> None:
        """Somebody is promoted or demoted, is to stand ready, or stands ready no longer."""
        family_id = self.family(family)
        self.manages(self.somebody(family_id, by), family_id, self.other(family_id, whom), change)

    @rule(by=PLACE, family=PLACE)
    def step_back(self, by: int, family: int) -> None:
        """Somebody is an admin no longer, by themselves."""
        family_id = self.family(family)
        user = self.somebody(family_id, by)
        self.manages(user, family_id, user, DEMOTE)

    @rule(by=PLACE, family=PLACE, whom=PLACE, oneself=st.booleans())
    def remove(self, by: int, family: int, whom: int, oneself: bool) -> None:  # noqa: FBT001  # drawn
        """Somebody is removed."""
        family_id = self.family(family)
        user = self.somebody(family_id, by)
        gone = user if oneself else self.other(family_id, whom)
        expected = self.model.told(self.model.remove, user, family_id, gone)
        self.sent(user, expected, Call("DELETE", f"/family/{family_id}/members/{gone}"))

    @rule(by=PLACE, family=PLACE)
    def leave(self, by: int, family: int) -> None:
        """Somebody leaves."""
        family_id = self.family(family)
        user = self.other(family_id, by)
        expected = self.model.told(self.model.leave, user, family_id)
        self.sent(user, expected, Call("POST", f"/family/{family_id}/leave"))

    @rule(by=PLACE, family=PLACE, pair=st.tuples(PLACE, PLACE), kinds=SIDES)
    def relate(self, by: int, family: int, pair: tuple[int, int], kinds: tuple[str, str | None]) -> None:
        """Two are related."""
        family_id = self.family(family)
        one, other = (self.other(family_id, each) for each in pair)
        user, tie = self.somebody(family_id, by), Tie(one, other, *kinds)
        expected = self.model.told(self.model.relate, user, family_id, tie)
        body = {"user_a_id": one, "user_b_id": other, "new_relationship_type": tie.kind}
        said = {} if tie.reverse is None else {"reciprocal_type": tie.reverse}
        self.sent(user, expected, Call("PUT", f"/family/{family_id}/relationships", body | said))

    @precondition(lambda self: self.lives_since > LIVES)
    @rule(by=PLACE, family=PLACE)
    def dissolve(self, by: int, family: int) -> None:
        """Somebody dissolves a family; now and then only, or none would live for long."""
        family_id = self.family(family)
        user = self.somebody(family_id, by)
        expected = self.model.told(self.model.dissolve, user, family_id)
        self.sent(user, expected, Call("DELETE", f"/family/{family_id}"))
        if expected.status == 200:
            self.ended.append(family_id)
            self.lives_since = 0

    @rule(who=PLACE)
    def disable(self, who: int) -> None:
        """Staff disables somebody, unless that leaves nobody."""
        user = of(self.ids, who)
        if len(self.model.disabled | {user}) < len(self.ids):
            self.is_disabled(user)

    @precondition(lambda self: self.model.disabled)
    @rule(who=PLACE)
    def enable(self, who: int) -> None:
        """Staff enables somebody, who signs in again."""
        self.is_enabled(of([each for each in self.ids if each in self.model.disabled], who))


@pytest.mark.long
@pytest.mark.scaled
def test_whatever_is_done_the_answers_and_the_views_are_the_model_s() -> None:
    people = [new_person() for _ in range(MOST_PEOPLE)]
    registered = {each.id: each for each in people}
    runs = trials(RUNS)
    limits = settings(
        max_examples=len(runs),
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
    )
    FamilyMachine.commands.clear()

    made: Any = partial(Machine, registered)  # whatever makes a machine will do
    run_state_machine_as_test(made, settings=limits)

    commands = FamilyMachine.commands
    assert commands.total() >= len(trials(10_000)), commands
    # Enough of them do something, and every kind of refusal is among them.
    assert commands[200] + commands[201] > commands.total() / 6, commands
    assert {200, 201, 400, 401, 403, 404} <= commands.keys()
