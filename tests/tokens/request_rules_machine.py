"""The part of the machine of the ledger in which members ask for tokens, or that something is bought."""

from collections.abc import Callable
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from families.actions import changing, requesting, reviewing
from families.actions.requesting import Item
from ops.mongo.collections import Document, collection
from tests.database import documents
from tests.factories import Person
from tests.tokens.ledger_machine import AMOUNTS, LATE, PLACE, LedgerMachine, of, told
from tests.tokens.ledger_model import MERCHANT, Account
from tests.tokens.request_model import PURCHASE, TOKENS, Policy, Request
from tokens.rules import requests as rules
from tokens.rules.requests import Urgency

SORTS = {TOKENS: rules.TOKENS, PURCHASE: rules.PURCHASE}
POLICIES = st.builds(
    Policy,
    threshold=st.sampled_from([0, 5, 11, 40, 100]),
    cap=st.sampled_from([None, 0, 10, 40, 100]),
    hours=st.sampled_from([1, 1, 24, 168]),
)
WHY = "for bread and butter"
MERCHANT_ID = f"acc_{MERCHANT}"


class RequestRules(LedgerMachine):
    """Members who ask, admins who decide, time that ends it."""

    @rule(family=PLACE, wanted=POLICIES)
    def set_policy(self, family: int, wanted: Policy) -> None:
        """An admin says what the family approves by itself."""
        account = self.family(family)
        change = {
            "auto_approval_threshold": wanted.threshold,
            "auto_approval_daily_cap": wanted.cap,
            "request_expiry_hours": wanted.hours,
        }
        actor = self.people[of(self.managers(account), family)].actor
        write = partial(
            changing.change, self.family_ids[account.name], {"settings": change}, actor=actor, now=self.now
        )
        self.changed(partial(self.model.set_policy, account.name, wanted), write)

    @rule(family=PLACE, by=PLACE, amount=AMOUNTS, late=LATE)
    def ask_for_tokens(self, family: int, by: int, amount: int, late: int) -> None:
        """A member asks for tokens; now and then a stranger."""
        account, now = self.family(family), self.at(late)
        person = self._asking(account, by)
        expected = partial(self.model.ask_for_tokens, person.id, person.username, account.name, amount, now)
        family_id, actor = self.family_ids[account.name], person.actor
        self._asked(
            expected,
            lambda: requesting.request_tokens(family_id, amount, WHY, Urgency.LOW, actor=actor, now=now),
        )

    @rule(family=PLACE, by=PLACE, cost=AMOUNTS, late=LATE)
    def ask_to_buy(self, family: int, by: int, cost: int, late: int) -> None:
        """A member asks that something is bought; now and then a stranger."""
        account, now = self.family(family), self.at(late)
        person = self._asking(account, by)
        family_id, actor = self.family_ids[account.name], person.actor
        self._asked(
            partial(self.model.ask_to_buy, person.id, account.name, cost, now),
            lambda: requesting.request_purchase(family_id, Item("A kite"), cost, WHY, actor=actor, now=now),
        )

    @rule(place=PLACE, by=PLACE, late=LATE, approves=st.sampled_from([True, True, False]))
    def review(self, place: int, by: int, late: int, approves: bool) -> None:  # noqa: FBT001  # drawn
        """An admin approves or denies, or somebody who is none; if nothing waits, somebody asks."""
        if not any(each.status == "pending" for each in self.model.requests):
            self.ask_to_buy(place, by, 1 + place % 9, late)
        if not self.model.requests:
            return
        request, name, person = self._reviewed(place, by)
        now, recipient = self.at(late), self.people[request.by].username
        where = (SORTS[request.sort], self.family_ids[name], request.id)
        if not approves:
            deny = partial(reviewing.deny, *where, actor=person.actor, now=now)
            self.changed(partial(self.model.deny, request, name, person.id, now), deny)
            return
        approve = partial(reviewing.approve, *where, actor=person.actor, now=now)
        self.moved(
            partial(self.model.approve, request, name, recipient, person.id, now),
            lambda: str(approve()["transaction"]),
        )

    @precondition(lambda self: self._of_sort(TOKENS))
    @rule(place=PLACE, by=PLACE, late=LATE)
    def withdraw(self, place: int, by: int, late: int) -> None:
        """Somebody takes back what they asked for, or what another did."""
        request = self._one_of(self._of_sort(TOKENS), place)
        person, now = self.people[of([*[request.by] * 12, *self.ids], by)], self.at(late)
        withdraw = partial(
            requesting.withdraw, self.family_ids[request.account], request.id, actor=person.actor, now=now
        )
        self.changed(partial(self.model.withdraw, request, person.id, now), withdraw)

    def look(self) -> None:
        """Compare all requests with the model, too, and what is on the merchant's account."""
        super().look()
        found = documents("token_requests", "purchase_requests")
        assert {
            each["_id"]: _outline(each) for each in [*found["token_requests"], *found["purchase_requests"]]
        } == {
            each.id: (each.by, each.amount, each.status, each.move and each.move.id)
            for each in self.model.requests
        }
        entries = collection("sbd_entries").find({"account": MERCHANT_ID}, limit=1000)
        assert sum(each["amount"] for each in entries) == self.model.bought

    def _asked(self, expected: Callable[[], Request], command: Callable[[], Document]) -> None:
        request, refusal = told(expected)
        if request is None:
            self.given(command, refusal)
            return

        def is_called(made: Document) -> None:
            request.id = made["_id"]
            if request.move is not None:
                request.move.id = made["transaction"]

        self.given(command, refusal, then=is_called)

    def _asking(self, account: Account, place: int) -> Person:
        return self.people[of([*list(account.holders) * 8, *self.ids], place)]

    def _reviewed(self, place: int, by: int) -> tuple[Request, str, Person]:
        """Return a request, in which family it is looked for, and by whom; mostly as it can be."""
        # There are fewer requests for tokens that wait: some are approved by themselves.
        tokens = [each for each in self._of_sort(TOKENS) if each.status == "pending"]
        request = self._one_of(tokens if tokens and (place + by) % 2 else self.model.requests, place)
        names = [each.name for each in self.model.families()]
        managers = self.managers(self.model.accounts[request.account])
        person = self.people[of([*managers * 20, *self.ids], by)]
        return request, of([*[request.account] * 10, *names], place), person

    def _of_sort(self, sort: str) -> list[Request]:
        return [each for each in self.model.requests if each.sort == sort]

    def _one_of(self, requests: list[Request], place: int) -> Request:
        """Return one of some, mostly one that waits."""
        waiting = [each for each in requests if each.status == "pending"]
        return of([*waiting[-5:] * 4, *requests[-6:]], place)


def _outline(request: Document) -> tuple[object, ...]:
    return tuple(request[name] for name in ("requester_id", "amount", "status", "transaction"))
