"""A planted breach: somebody took a person's session, among two hundred acts of other people."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

import pytest

from ops import clock
from tests.api import Api
from tests.database import audit
from tests.factories import Person, Token, new_family, new_issuance, new_member, new_person
from tests.ops.loglines import written
from tests.snapshot import Snapshot
from tests.waiting import until

ATTACKER, HOME, OFFICE = "203.0.113.66", "198.51.100.10", "198.51.100.20"
OTHERS, ACTS = 10, 20
RIGHTS = {"role": "spender", "can_spend": True, "spending_limit": 50}


class Breach(NamedTuple):
    """What was done, and what a scope must name.

    Attributes:
        session: the one that was taken.
        token: the permanent token that the attacker made, and came back with.
        since: before the attacker's first act, and after the victim's own.
        lines: the lines of the log.
    """

    victim: Person
    child: Person
    session: str
    token: str
    family: str
    other_family: str
    transaction: str
    since: datetime
    lines: str


@pytest.fixture
def breach(monkeypatch: pytest.MonkeyPatch) -> Breach:
    """Plant it; once for all tests, and what is stored is put back for each."""
    monkeypatch.setenv("SBD_ROLE", "web")
    planted, snapshot = _planted()
    snapshot.put_back(snapshot.stored.keys())
    return planted


@cache
def _planted() -> tuple[Breach, Snapshot]:
    victim, friend = new_person("victim"), new_person("friend")
    family, neighbours = new_family(victim, "Larks"), new_family(friend, "Wrens")
    child = new_member(family["_id"], victim)
    new_member(neighbours["_id"], friend, victim)
    new_issuance(victim, 500)
    others = [new_person() for _ in range(OTHERS)]
    with written() as lines:
        act(others, ACTS // 2)
        Api(victim, address=HOME).get(f"/family/{neighbours['_id']}")
        before = clock.now()
        # To the next millisecond, so that what the victim did last lies before it.
        assert until(lambda: clock.now() > before)
        since = clock.now()
        token = attack(victim, child, family["_id"])
        act(others, ACTS - ACTS // 2)
    (paid,) = audit("tokens.paid")
    planted = Breach(
        victim,
        child,
        victim.session_id,
        token,
        family["_id"],
        neighbours["_id"],
        paid["target"],
        since,
        "\n".join(lines) + "\n",
    )
    return planted, Snapshot.taken()


def act(people: list[Person], times: int) -> None:
    """Let each do something, so often: change what others are told, and look."""
    for number in range(times):
        for person in people:
            wished = {"email_notifications": bool(number % 2)}
            Api(person, address=OFFICE).put("/family/notifications/preferences", wished)


def attack(victim: Person, child: Person, family_id: str) -> str:
    """Read, change, pay, make a way back, and come back by it; returns the id of that permanent token."""
    api = Api(victim, address=ATTACKER)
    assert api.get("/family/my-families").status == 200
    assert api.get(f"/family/{family_id}/members").status == 200
    assert api.get("/family/fam_000000000000000000000000000000").status == 404
    rights = {"user_id": child.id, **RIGHTS}
    changed = api.put(f"/family/{family_id}/sbd-account/permissions", rights)
    assert changed.status == 200, changed.text
    sent = api.post("/sbd_tokens/send", {"to_user": child.username, "amount": 70}, Idempotency_Key="attack-1")
    assert sent.status in {200, 201}, sent.text
    made = api.post("/auth/permanent-tokens", {"description": "backup", "scopes": ["read"]})
    assert made.status == 201, made.text
    token = Token(made.json["token_id"], made.json["token"])
    assert Api(token, address=ATTACKER).get(f"/family/{family_id}/sbd-account").status == 200
    return token.id


def entries_of_attack() -> list[dict[str, object]]:
    """Return the entries that tell of the attack: by address, which only the attacker had."""
    return [each for each in audit() if each["private"].get("address") == ATTACKER]
