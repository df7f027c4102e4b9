"""What the machine of the ledger rests on: commands compared with the model, and who gives them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar, TypeVar

import pytest
from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from families.actions import founding
from ops.actors import Actor
from ops.errors import DomainError
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tests.factories import Person
from tests.tokens import allowance_checker, ledger_checker
from tests.tokens.family_model import Families
from tests.tokens.funds import ISSUER
from tests.tokens.ledger_model import MANAGER, Account, Holder, Move, RefusedError
from tokens.ledger.posting import Posting, post
from tokens.models.system import ISSUANCE
from tokens.rules import Kind
from tokens.rules.spending import available

T = TypeVar("T")
PLACE = st.integers(0, 59)
AMOUNTS = st.sampled_from([1, 2, 3, 5, 10, 11, 40, 100])
LATEST = 13 * 3600
LATE = st.sampled_from([0, 0, 0, 1, 11, LATEST])
BEAT = Actor.system("beat")
CHECKED_EACH = 20
START = datetime(2026, 12, 27, 12, tzinfo=UTC)
EMPTIED = (
    *("families", "family_people", "family_relationships", "sbd_transactions", "sbd_entries"),
    *("notifications", "email_outbox", "audit_log", "idempotency_keys", "token_requests"),
    *("purchase_requests", "allowances", "allowance_payments", "emergency_unfreezes"),
)
AS_OPENED = {"balance": 0, "seq": 0, "last_at": None, "status": "active", "freeze": None}
# Where tokens come from; the model has no account for it.
NOWHERE = ""


def of(candidates: Sequence[T], place: int) -> T:
    """Return one of them, counted round and round."""
    return candidates[place % len(candidates)]


@unit_of_work()
def issued(account_id: str, amount: int, *, now: datetime) -> Document:
    """Make tokens at a time; returns the transaction."""
    by_name = {each["username"]: each for each in _stored({"_id": account_id}, {"username": ISSUANCE})}
    (account,) = [each for name, each in by_name.items() if name != ISSUANCE]
    postings = [Posting(by_name[ISSUANCE], -amount), Posting(account, amount)]
    return dict(post(Kind.ISSUANCE, postings, actor=ISSUER, now=now).transaction)


def _stored(*conditions: Mapping[str, Any]) -> list[Document]:
    return collection("sbd_accounts").find({"$or": list(conditions)}, limit=20)


def faults() -> list[str]:
    """Return what is wrong with the ledger, with requests or with allowances."""
    return [*ledger_checker.faults(), *allowance_checker.faults()]


class LedgerMachine(RuleBasedStateMachine):
    """People, two families, all their accounts, a clock, and the commands by which they change.

    ``commands`` counts all that were given, by what became of them; ``ends`` how requests, allowances and
    votes stood at the end.
    """

    commands: ClassVar[Counter[str]] = Counter()
    ends: ClassVar[Counter[str]] = Counter()

    def __init__(self, people: dict[str, Person]) -> None:
        """Take people who belong to no family, with nothing on their accounts."""
        super().__init__()
        self.people = people
        self.ids = list(people)
        self.model = Families()
        self.now = START
        self.turns = count(1)
        self.account_ids: dict[str, str] = {}  # by name
        self.family_ids: dict[str, str] = {}  # by the account's name
        self.entries = 0  # of the audit log
        self.keyed: list[tuple[Callable[[], bytes], str]] = []  # what was sent with a key; its transaction

    def set_up(self) -> None:
        """Enter the accounts of all, and found two families."""
        for each in self.people.values():
            self.model.accounts[each.username] = Account(
                each.username, each.id, {each.id: Holder(MANAGER, can_spend=True, limit=-1)}
            )
        for founder in self.ids[:2]:
            actor = self.people[founder].actor
            family = founding.found("Larks", actor=actor, now=self.now)
            (account,) = _stored({"_id": family["account_id"]})
            name = account["username"]
            self.family_ids[name] = family["_id"]
            holders = {founder: Holder(MANAGER, can_spend=True, limit=-1)}
            self.model.accounts[name] = Account(name, None, holders)
        self.account_ids = {each["username"]: each["_id"] for each in self.found()}
        self.entries = self._audited()

    def teardown(self) -> None:
        """Look at it all; then leave the people as they were, and nothing else."""
        found = faults()
        self.ends.update(self.model.ends())
        for name in EMPTIED:
            collection(name).delete({})
        collection("sbd_accounts").delete({"owner.kind": "family"})
        as_migrated = {"$set": {"balance": 0}, "$unset": {"rolled_up": ""}}
        collection("sbd_accounts").update_all({"owner.kind": "system"}, as_migrated)
        collection("sbd_accounts").update_all({"owner.kind": "user"}, {"$set": AS_OPENED})
        assert found == [], found

    # Commands -------------------------------------------------------------------------------------

    def moved(self, expected: Callable[[], Move], command: Callable[[], str]) -> str | None:
        """Give a command that moves tokens and returns the transaction's id; returns it, if it was made."""
        move, refusal = told(expected)
        if move is None:
            self.given(command, refusal)
            return None

        def is_called(transaction_id: str) -> None:
            move.id = transaction_id

        self.given(command, refusal, then=is_called)
        return move.id

    def changed(
        self,
        expected: Callable[[], int | None],
        command: Callable[[], T],
        *,
        then: Callable[[T], None] = lambda _: None,
    ) -> None:
        """Give a command that changes rights or a state, and leaves as many entries; ``None``: one."""
        entries, refusal = told(expected)
        self.given(command, refusal, entries=1 if entries is None else entries, then=then)

    def given(
        self,
        command: Callable[[], T],
        refusal: RefusedError | None,
        *,
        entries: int = 1,
        then: Callable[[T], None] = lambda _: None,
    ) -> T | None:
        """Give a command: it ends as the model says, and all is as the model has it.

        Args:
            command: what somebody does.
            refusal: how it is refused; ``None``: it is done.
            entries: how many audit entries tell of it then.
            then: lets the model know by which ids what it made goes.
        """
        before, outcome = self.entries, None
        if refusal is None:
            outcome = command()
            then(outcome)
            self.commands["done"] += 1
        else:
            with pytest.raises(DomainError) as raised:
                command()
            details: Any = raised.value.details
            told = {name: details.get(name) for name in refusal.facts}
            assert (raised.value.code, told) == (refusal.code, refusal.facts)
            self.commands[refusal.code] += 1
        self.entries = self._audited()
        assert self.entries - before == (0 if refusal else entries)
        self.look()
        return outcome

    def replayed(self, command: Callable[[], bytes], transaction_id: str) -> None:
        """Give a command again under its key: it answers as before, and nothing else happens."""
        outcome = self.given(command, None, entries=0)
        assert outcome == transaction_id.encode()
        self.commands["done"] -= 1
        self.commands["replayed"] += 1

    def look(self) -> None:
        """Compare all accounts with the model; now and then hold the whole ledger against its invariants."""
        found = {each["username"]: each for each in self.found()}
        assert {name: _outline(each) for name, each in found.items()} == {
            name: _expected(each) for name, each in self.model.accounts.items()
        }
        turn = next(self.turns)
        account, user = found[of(list(found), turn)], of(self.ids, turn // len(found))
        name = account["username"]
        assert available(account, user, self.now) == self.model.available(name, user, self.now)
        if turn % CHECKED_EACH == 0:
            assert faults() == []

    def found(self) -> list[Document]:
        """Return all accounts but the system's."""
        return _stored({"owner.kind": {"$ne": "system"}})

    def _audited(self) -> int:
        log: Any = connection.database.audit_log  # type: ignore[attr-defined]  # the engine's
        return int(log.count_documents({}))

    # Who and what ---------------------------------------------------------------------------------

    def at(self, late: int) -> datetime:
        """Return the time as a server has it that is so many seconds behind."""
        return self.now - timedelta(seconds=late)

    def family(self, place: int) -> Account:
        """Return the account of a family."""
        return of(self.model.families(), place)

    def frozen(self) -> list[Account]:
        """Return the accounts that are frozen."""
        return [each for each in self.model.accounts.values() if each.frozen]

    def managers(self, account: Account) -> list[str]:
        """Return who manages an account."""
        return [each for each, holder in account.holders.items() if holder.role == MANAGER]

    def others(self, account: Account) -> list[str]:
        """Return who holds it and does not manage it."""
        return [each for each, holder in account.holders.items() if holder.role != MANAGER]


def told(expected: Callable[[], T]) -> tuple[T | None, RefusedError | None]:
    """Return what the model says to a command: what it makes, or how it is refused."""
    try:
        return expected(), None
    except RefusedError as refusal:
        return None, refusal


def _outline(account: Document) -> tuple[Any, ...]:
    """Return what matters of an account's document."""
    frozen = account["freeze"] and ("staff" if account["freeze"]["by_staff"] else account["freeze"]["by"])
    assert (account["status"] == "frozen") == (frozen is not None)
    holders = {
        each["user_id"]: (
            each["role"],
            each["can_spend"],
            each["spending_limit"],
            each["period_limit"] and (each["period_limit"]["period"], each["period_limit"]["limit"]),
            each["period"] and (each["period"]["key"], each["period"]["spent"]),
        )
        for each in account["holders"]
    }
    return account["balance"], account["seq"], account["last_at"], frozen, holders


def _expected(account: Account) -> tuple[Any, ...]:
    holders = {
        user: (each.role, each.can_spend, each.limit, each.period, each.total)
        for user, each in account.holders.items()
    }
    return account.balance, account.entries, account.last_at, account.frozen, holders
