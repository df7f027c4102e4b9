"""What many people do at once: eighty reads for twenty writes, and a few of the people do most of it."""

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from bench import ledger, supply, world
from bench.rows import AMOUNTS, SEND, STATEMENT, TRANSFER, request
from bench.supply import World
from bench.world import Caller

T = TypeVar("T")
# Zipf's exponent, as the YCSB benchmark has it: of 500 people, one comes with every seventh request.
SKEW = 0.99
PEOPLE, FAMILIES_EACH, FOUNDERS = 500, 2, 100
Ask = Callable[["Crowd", int], bytes]


class Sent(NamedTuple):
    """One request, by the name of what is done."""

    name: str
    content: bytes


class Crowd:
    """The people, and who of them comes next."""

    def __init__(self, prepared: World, seed: int) -> None:
        """Take the callers of the world in the order of how often they come."""
        self._chance = random.Random(seed)  # noqa: S311  # a load that can be repeated, no secret
        self._callers, self._founders = prepared.callers, prepared.founders
        self._weights = {len(each): _weights(len(each)) for each in (self._callers, self._founders)}

    def person(self) -> Caller:
        """Return anybody."""
        return self._drawn(self._callers)

    def two(self) -> tuple[Caller, Caller]:
        """Return two people who are not the same."""
        first, second = self.person(), self.person()
        while second is first:
            second = self.person()
        return first, second

    def founder(self) -> tuple[Caller, str]:
        """Return somebody who has a family, and the family."""
        person = self._drawn(self._founders)
        return person, self._chance.choice(person.families)

    def operation(self) -> "Operation":
        """Return what is done next."""
        return self._chance.choices(OPERATIONS, SHARES)[0]

    def _drawn(self, among: Sequence[T]) -> T:
        return self._chance.choices(among, cum_weights=self._weights[len(among)])[0]


class Operation(NamedTuple):
    """Something that people do; ``share``: so many of a hundred requests."""

    name: str
    share: int
    ask: Ask


def prepared() -> World:
    """Register the people, and give them and their families tokens and room for guests."""
    callers = world.people(PEOPLE, FAMILIES_EACH, founders=FOUNDERS)
    ledger.issue([each.username for each in callers], 5)
    ledger.issue(ledger.accounts_of_families(), 5)
    made = World(callers)
    supply.make_room(made, 0)
    return made


def requests(of: World, seed: int = 0) -> Iterator[Sent]:
    """Yield requests without end; the same ones for the same seed."""
    crowd = Crowd(of, seed)
    for number in of.numbers:
        operation = crowd.operation()
        yield Sent(operation.name, operation.ask(crowd, number))


def _my_families(crowd: Crowd, _number: int) -> bytes:
    return request("GET", "/family/my-families", crowd.person())


def _family(crowd: Crowd, _number: int) -> bytes:
    person, family = crowd.founder()
    return request("GET", f"/family/{family}", person)


def _statement(crowd: Crowd, _number: int) -> bytes:
    return request("GET", STATEMENT, crowd.person())


def _validate(crowd: Crowd, number: int) -> bytes:
    person, family = crowd.founder()
    path = f"/family/{family}/sbd-account/validate-spending"
    return request("POST", path, person, {"amount": _amount(number)})


def _send(crowd: Crowd, number: int) -> bytes:
    payer, to = crowd.two()
    return request("POST", SEND, payer, {"to_user": to.username, "amount": _amount(number)})


def _transfer(crowd: Crowd, number: int) -> bytes:
    (payer, family), to = crowd.founder(), crowd.person()
    body = {"recipient_identifier": to.username, "recipient_type": "username", "amount": _amount(number)}
    return request("POST", TRANSFER.format(family=family), payer, body)


def _invite(crowd: Crowd, number: int) -> bytes:
    inviter, family = crowd.founder()
    body = {"identifier": f"guest-{number}@example.com", "relationship_type": "sibling"}
    return request("POST", f"/family/{family}/invite", inviter, body)


OPERATIONS = (
    Operation("my-families", 35, _my_families),
    Operation("statement", 20, _statement),
    Operation("family", 20, _family),
    Operation("validate", 5, _validate),
    Operation("send", 13, _send),
    Operation("transfer", 5, _transfer),
    Operation("invite", 2, _invite),
)
SHARES = [each.share for each in OPERATIONS]


def _amount(number: int) -> int:
    """Return an amount; the same one comes again long after a double click's ten seconds."""
    return 1 + number % AMOUNTS


def _weights(count: int) -> list[float]:
    return list(accumulate(1 / rank**SKEW for rank in range(1, count + 1)))
