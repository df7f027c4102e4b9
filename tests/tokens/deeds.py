"""What people do with tokens, as their calls do it: each reads its accounts in its own unit of work."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial

from families.actions import admins, departing, members
from ops import clock, idempotency
from ops.actors import Actor
from ops.idempotency import Answered, Intent
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from ops.web.problems import as_domain_error
from tests.factories import Person, new_family, new_person
from tests.tokens.funds import account_by_id, issue
from tests.world import TESTS
from tokens import queries
from tokens.actions import freezing, paying, rights
from tokens.actions.freezing import Told
from tokens.actions.paying import Paid, Payment
from tokens.actions.rights import Rights
from tokens.rules import Kind

# Answers that tell a client to send the same again.
REPEATED = frozenset({"CONFLICT", "DATABASE_UNAVAILABLE", "SERVICE_UNAVAILABLE"})
# Sooner than `retry_after` asks, so that more calls meet.
PAUSE_SECONDS = 0.1
SPENDER = Rights(can_spend=True, spending_limit=-1)


@unit_of_work()
def transfer(account_id: str, to: Person, amount: int, *, by: Person, now: datetime) -> Paid:
    """Pay somebody of a family's account."""
    recipient = queries.reachable(queries.account_of_person(to.id), by.actor)
    payment = Payment(Kind.TRANSFER, amount, note="for bread")
    return paying.pay(account_by_id(account_id), recipient, payment, actor=by.actor, now=now)


@unit_of_work()
def contribute(account_id: str, amount: int, *, by: Person, now: datetime) -> Paid:
    """Pay into a family's account."""
    recipient = queries.reachable(account_by_id(account_id), by.actor)
    payment = Payment(Kind.CONTRIBUTION, amount)
    return paying.pay(queries.personal_account(by.actor), recipient, payment, actor=by.actor, now=now)


def send(to: str, amount: int, *, by: Person, now: datetime, source: str | None = None) -> Paid:
    """Send tokens to an account of that name."""
    return paying.send(to, Payment(Kind.SEND, amount), actor=by.actor, now=now, from_username=source)


def keyed(key: str, act: Callable[[], Paid], *, by: Person, now: datetime, body: str = "") -> Answered:
    """Do it under a key, as the call does; the answer is the transaction's id."""
    body_hash = hashlib.sha256(body.encode()).hexdigest()
    intent = Intent(by.id, "token_send", key, target="-", body_hash=body_hash, keep_forever=True)
    return idempotency.once(intent, lambda: (200, act().transaction["_id"].encode()), now=now)


def insist(key: str, pay: Callable[..., Paid], *, by: Person, outcomes: Counter[str]) -> bytes | None:
    """Do it under a key until it is answered, as clients do; counts all answers by their code, or ``done``.

    Returns the transaction's id; ``None``: it was refused.
    """
    while True:
        now = clock.now()
        try:
            answer = keyed(key, partial(pay, now=now), by=by, now=now)
        except Exception as error:
            refusal = as_domain_error(error)
            if refusal is None or refusal.code == "INTERNAL_ERROR":
                raise
            outcomes[refusal.code] += 1
            if refusal.code not in REPEATED:
                return None
            time.sleep(PAUSE_SECONDS)
        else:
            outcomes["done"] += 1
            return answer.body


@unit_of_work()
def set_rights(account_id: str, whom: Person, wanted: Rights, *, by: Person, now: datetime) -> Document:
    """Set what somebody may spend."""
    account = account_by_id(account_id)
    return rights.set_rights(account, whom.id, whom.username, wanted, actor=by.actor, now=now)


@unit_of_work()
def freeze(account_id: str, *, by: Actor, now: datetime, is_staff: bool = False) -> Document:
    """Freeze an account."""
    told = Told(by.name, is_staff=is_staff)
    return freezing.freeze(account_by_id(account_id), reason="to look at it", actor=by, told=told, now=now)


@unit_of_work()
def unfreeze(account_id: str, *, by: Actor, now: datetime, is_staff: bool = False) -> None:
    """Open an account again."""
    told = Told(by.name, is_staff=is_staff)
    freezing.unfreeze(account_by_id(account_id), reason=None, actor=by, told=told, now=now)


def leave(family_id: str, person: Person) -> None:
    """Leave a family."""
    departing.leave(family_id, actor=person.actor, now=clock.now())


class House:
    """A family with tokens: its founder, another admin, a spender and a viewer."""

    def __init__(self, tokens: int = 0) -> None:
        """Let them in, and put so many tokens on the family's account."""
        self.founder, self.admin, self.spender, self.viewer = (new_person() for _ in range(4))
        self.family = new_family(self.founder)
        self.id, self.account_id = str(self.family["_id"]), str(self.family["account_id"])
        for each in (self.admin, self.spender, self.viewer):
            members.join(self.id, each.id, actor=TESTS, now=clock.now())
        admins.promote(self.id, self.admin.id, actor=self.founder.actor, now=clock.now())
        self.allow(self.spender, SPENDER)
        if tokens:
            issue(self.account_id, tokens)

    @property
    def account(self) -> Document:
        """The family's account as it is now."""
        return account_by_id(self.account_id)

    @property
    def people(self) -> list[Person]:
        """All members."""
        return [self.founder, self.admin, self.spender, self.viewer]

    def holder(self, person: Person) -> Document:
        """Return somebody's rights as they are now."""
        (found,) = [each for each in self.account["holders"] if each["user_id"] == person.id]
        return dict(found)

    def allow(self, whom: Person, wanted: Rights) -> None:
        """Set what somebody may spend."""
        set_rights(self.account_id, whom, wanted, by=self.founder, now=clock.now())
