"""The part of the machine of the ledger in which families pay allowances."""

from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from families.actions import allowances, paying_allowances
from families.actions.allowances import Draft
from ops.mongo.collections import Document
from tests.database import documents
from tests.factories import Person
from tests.tokens.allowance_model import Allowance, Payment
from tests.tokens.ledger_machine import AMOUNTS, BEAT, LATE, PLACE, LedgerMachine, of, told
from tokens.rules.allowances import Frequency

FREQUENCIES = st.sampled_from([str(each) for each in Frequency])
STATUSES = st.sampled_from(["active", "active", "paused"])
CHANGES = st.fixed_dictionaries(
    {}, optional={"to": PLACE, "amount": AMOUNTS, "frequency": FREQUENCIES, "status": STATUSES}
)
# Until the job runs again, in seconds.
PAUSES = st.sampled_from([0, 60, 3600, 86400, 86400, 86400, 2 * 86400, 7 * 86400])
MOST = 4


class AllowanceRules(LedgerMachine):
    """Admins who make, change and stop allowances; a job that pays them."""

    @precondition(lambda self: len(self._live()) < MOST)
    @rule(family=PLACE, by=PLACE, to=PLACE, amount=AMOUNTS, how=st.tuples(FREQUENCIES, STATUSES))
    def begin_allowance(self, family: int, by: int, to: int, amount: int, how: tuple[str, str]) -> None:
        """An admin lets somebody have something regularly, or somebody who is none wants to."""
        account, (frequency, status) = self.family(family), how
        person = self.people[of([*self.managers(account) * 20, *self.ids], by)]
        recipient = of([*list(account.holders) * 6, *self.ids], to)
        wanted = {"to": recipient, "amount": amount, "frequency": frequency, "status": status}
        made, refusal = told(partial(self.model.allow, person.id, account.name, wanted, self.now))

        def is_called(stored: Document) -> None:
            if made is not None:
                made.id = stored["_id"]

        draft = Draft(recipient, amount, Frequency(frequency), active=status == "active")
        create = partial(
            allowances.create, self.family_ids[account.name], draft, actor=person.actor, now=self.now
        )
        self.given(create, refusal, then=is_called)

    @precondition(lambda self: self.model.allowances)
    @rule(place=PLACE, by=PLACE, changes=CHANGES)
    def change_allowance(self, place: int, by: int, changes: dict[str, Any]) -> None:
        """An admin changes one, or somebody who is none wants to."""
        allowance, person = self._changed_by(place, by)
        holders = self.model.accounts[allowance.account].holders
        wanted = dict(changes)
        if "to" in changes:
            wanted["to"] = of([*list(holders) * 6, *self.ids], changes["to"])
        named = {"to": "recipient_id", "status": "active"}
        said = {named.get(name, name): each for name, each in wanted.items()}
        if "active" in said:
            said["active"] = said["active"] == "active"
        family_id = self.family_ids[allowance.account]
        change = partial(allowances.change, family_id, allowance.id, said, actor=person.actor, now=self.now)
        self.changed(partial(self.model.change, allowance, person.id, wanted, self.now), change)

    @precondition(lambda self: self.model.allowances)
    @rule(place=PLACE, by=PLACE)
    def stop_allowance(self, place: int, by: int) -> None:
        """An admin stops one, or somebody who is none wants to."""
        allowance, person = self._changed_by(place, by)
        family_id = self.family_ids[allowance.account]
        stop = partial(allowances.stop, family_id, allowance.id, actor=person.actor, now=self.now)
        self.changed(partial(self.model.stop, allowance, person.id), stop)

    @rule(seconds=PAUSES, late=LATE, place=PLACE)
    def pay_allowances(self, seconds: int, late: int, place: int) -> None:
        """The clock moves, and the job pays what is due; if nothing ever is, there is an allowance now."""
        if not self._live():
            self.begin_allowance(place, 0, place, 1 + place % 9, ("daily", "active"))
        self.now += timedelta(seconds=seconds)
        now = self.at(late)

        def are_called(_looks: int) -> None:
            by_period = {(each["allowance_id"], each["period"]): each["transaction"] for each in _payments()}
            for each in self.model.payments:
                if each.move is not None:
                    each.move.id = str(by_period.get((each.allowance.id, each.period)))

        pay = partial(paying_allowances.pay_due, actor=BEAT, now=now)
        self.changed(partial(self.model.pay_due, now), pay, then=are_called)

    def look(self) -> None:
        """Compare all allowances with the model, too, and what became of their periods."""
        super().look()
        found = documents("allowances")["allowances"]
        assert {each["_id"]: _outline(each) for each in found} == {
            each.id: _expected(each) for each in self.model.allowances
        }
        assert sorted(map(_payment, _payments())) == sorted(map(_expected_payment, self.model.payments))

    def _live(self) -> list[Allowance]:
        return [each for each in self.model.allowances if each.status != "stopped"]

    def _changed_by(self, place: int, by: int) -> tuple[Allowance, Person]:
        """Return an allowance, mostly one that goes on, and somebody, mostly one who may change it."""
        allowance = of([*self._live() * 4, *self.model.allowances[-4:]], place)
        managers = self.managers(self.model.accounts[allowance.account])
        return allowance, self.people[of([*managers * 20, *self.ids], by)]


def _payments() -> list[Document]:
    return documents("allowance_payments")["allowance_payments"]


def _outline(allowance: Document) -> tuple[object, ...]:
    named = ("recipient_id", "amount", "frequency", "status", "next_on", "settled_on", "obstacle")
    return tuple(allowance[name] for name in named)


def _expected(allowance: Allowance) -> tuple[object, ...]:
    settled = allowance.settled and allowance.settled.isoformat()
    said = (allowance.to, allowance.amount, allowance.frequency, allowance.status)
    return (*said, allowance.on.isoformat(), settled, allowance.obstacle)


def _payment(payment: Document) -> tuple[str, ...]:
    named = ("allowance_id", "period", "recipient_id", "amount", "obstacle", "transaction")
    return tuple(str(payment[name]) for name in named)


def _expected_payment(payment: Payment) -> tuple[str, ...]:
    said = (payment.allowance.id, payment.period, payment.to, payment.amount, payment.obstacle)
    return tuple(str(each) for each in (*said, payment.move and payment.move.id))
