"""Everything at the same moment, at random: whatever wins, a family stays whole.

Source: HTTP contract, section 18 (rules 7 to 9).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from random import Random

import pytest

from families.actions import (
    admins,
    backups,
    departing,
    dissolving,
    founding,
    inviting,
    joining,
    members,
    recovering,
    relationships,
)
from families.actions.relationships import Pair
from families.rules import RelationshipType, reciprocal
from ops import clock
from ops.mongo.collections import Document, collection
from tests.consistency import faults
from tests.factories import Person, new_person
from tests.races import at_once, ended
from tests.scale import trials
from tests.world import TESTS

Call = Callable[[], object]
AT_ONCE = 6
_numbers = count(1)


@pytest.fixture(scope="module")
def random() -> Random:
    """A generator whose numbers are the same in each run."""
    return Random(7)  # noqa: S311  # which races are run is no secret


class Table:
    """A family of some of the people, and what can be done at it."""

    def __init__(self, people: Sequence[Person], random: Random) -> None:
        """Let a family be founded, some join, some be promoted or stand ready, some be related."""
        self.people, self.random = people, random
        self.founder, *others = random.sample(people, k=random.randint(1, 4))
        self.family: Document = founding.found(
            f"Larks {next(_numbers)}", actor=self.founder.actor, now=clock.now()
        )
        self.id = self.family["_id"]
        self.inside = [self.founder, *others]
        self.outside = [each for each in people if each not in self.inside]
        for each in others:
            members.join(self.id, each.id, actor=TESTS, now=clock.now())
            if (chance := random.random()) < 0.4:
                admins.promote(self.id, each.id, actor=self.founder.actor, now=clock.now())
            elif chance < 0.7:
                backups.designate(self.id, each.id, actor=self.founder.actor, now=clock.now())
        self.invitations: list[tuple[Document, Person]] = []
        if len(self.inside) < 5 and random.random() < 0.7:
            self._invite(self.outside[0])

    def _invite(self, guest: Person) -> None:
        invited = inviting.invite(
            self.id,
            guest.email,
            RelationshipType.COUSIN,
            by_username=False,
            actor=self.founder.actor,
            now=clock.now(),
        )
        self.invitations.append((invited.invitation, guest))

    def calls(self, number: int) -> list[Call]:
        """Return as many calls as that, at random."""
        kinds = [
            *[self.leave, self.remove, self.promote, self.demote, self.designate, self.stand_down],
            *[self.join, self.relate, self.accept, self.invite, self.recover],
            *[self.leave, self.demote, self.remove],
        ]
        chosen = self.random.choices(kinds, k=number)
        if self.random.random() < 0.2:
            chosen[0] = self.dissolve
        return [each() for each in chosen]

    def leave(self) -> Call:
        """Somebody leaves."""
        return partial(departing.leave, self.id, actor=self._insider().actor, now=clock.now())

    def remove(self) -> Call:
        """Somebody is removed."""
        return self._managed(departing.remove)

    def promote(self) -> Call:
        """Somebody is promoted."""
        return self._managed(admins.promote)

    def demote(self) -> Call:
        """Somebody is demoted."""
        return self._managed(admins.demote)

    def designate(self) -> Call:
        """Somebody is to stand ready."""
        return self._managed(backups.designate)

    def stand_down(self) -> Call:
        """Somebody stands ready no longer."""
        return self._managed(backups.remove)

    def join(self) -> Call:
        """Somebody joins."""
        return partial(
            members.join, self.id, self.random.choice(self.outside).id, actor=TESTS, now=clock.now()
        )

    def accept(self) -> Call:
        """Somebody accepts."""
        if not self.invitations:
            return self.join()
        invitation, guest = self.random.choice(self.invitations)
        return partial(joining.accept, invitation["_id"], actor=guest.actor, now=clock.now())

    def invite(self) -> Call:
        """Somebody is invited."""
        guest = self.random.choice(self.outside)
        return partial(
            inviting.invite,
            self.id,
            guest.email,
            RelationshipType.SIBLING,
            by_username=False,
            actor=self._insider().actor,
            now=clock.now(),
        )

    def relate(self) -> Call:
        """Two are related."""
        kind = self.random.choice(list(RelationshipType))
        pair = Pair(self._insider().id, self._insider().id, kind, reciprocal(kind))
        return partial(relationships.change, self.id, pair, actor=self._insider().actor, now=clock.now())

    def dissolve(self) -> Call:
        """The family ends."""
        return partial(dissolving.dissolve, self.id, actor=self._insider().actor, now=clock.now())

    def recover(self) -> Call:
        """Somebody says that no admin is left."""
        reason = "nobody is there who could do it"
        return partial(recovering.initiate, self.id, reason, actor=self._insider().actor, now=clock.now())

    def _managed(self, act: Callable[..., object]) -> Call:
        target = self._insider()
        return partial(act, self.id, target.id, actor=self._insider().actor, now=clock.now())

    def _insider(self) -> Person:
        return self.random.choice(self.inside)


@pytest.fixture
def emptied() -> Callable[[], None]:
    """Return what takes the families of a race away, and leaves the people."""

    def empty() -> None:
        for name in FAMILIES:
            collection(name).delete({})
        collection("sbd_accounts").delete({"owner.kind": "family"})

    return empty


FAMILIES = (
    *("families", "family_people", "family_relationships", "family_invitations", "recoveries"),
    *("notifications", "email_outbox", "audit_log"),
)


@pytest.mark.long
@pytest.mark.scaled
def test_whatever_meets_whatever_a_family_stays_whole(random: Random, emptied: Callable[[], None]) -> None:
    people = [new_person() for _ in range(8)]
    outcomes: Counter[str] = Counter()

    for _ in trials(1000):
        table = Table(people, random)
        calls = [partial(ended, each) for each in table.calls(AT_ONCE)]
        outcomes.update(at_once(calls))
        assert faults(clock.now()) == []
        emptied()

    assert outcomes["done"] > sum(outcomes.values()) / 5, outcomes
