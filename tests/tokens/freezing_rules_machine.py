"""The part of the machine of the ledger in which accounts are frozen, and opened again, also by vote."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from families.actions import emergencies
from ops.mongo.collections import Document
from tests.database import documents
from tests.tokens import deeds
from tests.tokens.emergency_model import AGAINST, FOR
from tests.tokens.ledger_machine import LATE, PLACE, LedgerMachine, of, told
from tests.world import TESTS

MOST_FROZEN = 2
VOTES = st.sampled_from([FOR, FOR, AGAINST])


class FreezingRules(LedgerMachine):
    """Admins and staff who freeze accounts and open them, members who vote on it."""

    @precondition(lambda self: len(self.frozen()) < MOST_FROZEN)
    @rule(place=PLACE, is_staff=st.sampled_from([False, False, True]))
    def freeze(self, place: int, is_staff: bool) -> None:  # noqa: FBT001  # drawn
        """An admin freezes the family's account, or staff any; seldom both."""
        account = of(list(self.model.accounts.values()) if is_staff else self.model.families(), place)
        by = "staff" if is_staff else of(self.managers(account), place)
        actor = TESTS if is_staff else self.people[by].actor
        act = partial(deeds.freeze, self.account_ids[account.name], by=actor, now=self.now, is_staff=is_staff)
        self.changed(partial(self.model.freeze, account.name, by, self.now), act)

    @precondition(lambda self: self.frozen())
    @rule(place=PLACE, is_staff=st.booleans())
    def unfreeze(self, place: int, is_staff: bool) -> None:  # noqa: FBT001  # drawn
        """An admin opens the family's account again, or staff any; mostly a frozen one."""
        candidates = list(self.model.accounts.values()) if is_staff else self.model.families()
        frozen = [each for each in self.frozen() if each in candidates]
        account = of([*frozen * 9, *candidates], place)
        by = "staff" if is_staff else of(self.managers(account), place)
        actor = TESTS if is_staff else self.people[by].actor
        act = partial(
            deeds.unfreeze, self.account_ids[account.name], by=actor, now=self.now, is_staff=is_staff
        )
        self.changed(partial(self.model.unfreeze, account.name, by, self.now), act)

    @precondition(lambda self: any(each.owner is None for each in self.frozen()))
    @rule(family=PLACE, by=PLACE, late=LATE)
    def begin_vote(self, family: int, by: int, late: int) -> None:
        """A member wants the account opened, mostly of a family whose account is frozen."""
        frozen = [each for each in self.frozen() if each.owner is None]
        account, now = of([*frozen * 6, *self.model.families()], family), self.at(late)
        able = [each for each in account.holders if each != account.frozen]
        person = self.people[of([*able * 10, *self.ids], by)]
        made, refusal = told(partial(self.model.begin_vote, account.name, person.id, now))

        def is_called(stored: Document) -> None:
            if made is not None:
                made[0].id = stored["_id"]

        begin = partial(
            emergencies.request, self.family_ids[account.name], "we need bread", actor=person.actor, now=now
        )
        self.given(begin, refusal, entries=made[1] if made else 0, then=is_called)

    @rule(place=PLACE, by=PLACE, vote=VOTES, late=LATE)
    def vote(self, place: int, by: int, vote: str, late: int) -> None:
        """Somebody votes, mostly on what is open, and mostly who may; if nothing is, a vote begins."""
        waiting = [each for each in self.model.emergencies if each.status == "pending"]
        if not waiting:
            if not any(each.owner is None for each in self.frozen()):
                self.freeze(place, is_staff=False)
            self.begin_vote(place, by, 0)
            return
        emergency, now = of([*waiting * 6, *self.model.emergencies[-3:]], place), self.at(late)
        able = [user for user, given in emergency.votes.items() if given is None]
        person = self.people[of([*able * 10, *self.ids], by)]
        if vote == FOR:
            give = partial(emergencies.approve, emergency.id, actor=person.actor, now=now)
        else:
            give = partial(emergencies.reject, emergency.id, None, actor=person.actor, now=now)
        self.changed(partial(self.model.vote, emergency, person.id, vote, now), give)

    def look(self) -> None:
        """Compare all votes with the model, too."""
        super().look()
        found = documents("emergency_unfreezes")["emergency_unfreezes"]
        assert {each["_id"]: _outline(each) for each in found} == {
            each.id: (each.status, each.required, each.votes, each.gone) for each in self.model.emergencies
        }


def _outline(emergency: Document) -> tuple[object, ...]:
    votes = {each["user_id"]: each["vote"] for each in emergency["voters"]}
    gone = {each["user_id"] for each in emergency["voters"] if each["left_at"] is not None}
    return emergency["status"], emergency["required"], votes, gone
