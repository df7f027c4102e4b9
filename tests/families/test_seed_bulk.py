"""Families by the thousand: as valid as those that actions make, and gone on with after an interruption."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pymongo.errors import BulkWriteError

from families.bulk import writing
from families.bulk.plan import Plan
from families.bulk.writing import batch
from ops import clock
from ops.actors import Actor
from ops.audit import sealing
from ops.mongo.collections import collection
from tests import consistency
from tests.database import documents
from tests.factories import new_family, new_invitation, new_issuance, new_member, new_person
from tokens.actions import accounts
from tokens.actions.drafting import Book, Move
from tokens.errors import AccountClosedError, InsufficientBalanceError
from tokens.rules import AccountStatus, Kind, OwnerKind

pytestmark = pytest.mark.long

FAMILIES = 120
SEEDED = tuple(writing.COLLECTIONS)


def plan(families: int = FAMILIES, seed: int = 3) -> Plan:
    return Plan(families, members=3, most_members=5, entries=5, seed=seed, now=clock.now())


def seed(*words: str, families: int = FAMILIES) -> str:
    said = StringIO()
    call_command("seed_bulk", f"--families={families}", *words, stdout=said, stderr=StringIO())
    return said.getvalue()


def test_everything_that_is_made_is_valid() -> None:
    seed()

    found = documents(*SEEDED)
    now = clock.now()
    assert consistency.faults(now) == []
    assert len(found["families"]) == FAMILIES
    assert len(found["users"]) == len(found["family_people"]) == 3 * FAMILIES
    assert len(found["sbd_entries"]) == 2 * len(found["sbd_transactions"]) == 10 * FAMILIES
    assert all(found.values())
    moments = [each["created_at"] for each in found["families"]]
    assert max(moments) - min(moments) > timedelta(days=350)
    assert len({each["name"] for each in found["families"]}) > FAMILIES / 2


def test_the_ledger_holds() -> None:
    seed()
    said = StringIO()

    call_command("verify_ledger", stdout=said, stderr=StringIO())

    assert "All invariants hold." in said.getvalue()


def test_documents_have_the_shape_that_actions_give_them() -> None:
    founder = new_person("founder")
    family = new_family(founder, "The Larks")
    new_member(family["_id"], founder)
    new_issuance(founder)
    new_invitation(family["_id"], founder, "guest@example.com")
    names = [
        *("family_people", "families", "family_invitations", "email_outbox", "sbd_transactions"),
        *("sbd_entries", "sbd_accounts", "issuances"),
    ]
    theirs = {name: _shape(found) for name, found in documents(*names).items()}
    people = _shape(documents("users")["users"])

    seed("--add")

    ours = {name: found for name, found in documents(*names).items() if _ours(found)}
    for name, found in ours.items():
        assert _shape(_ours(found)) == theirs[name], name
    assert _shape(_ours(documents("users")["users"])) <= people


def test_run_again_it_makes_nothing_and_for_more_it_goes_on() -> None:
    assert "120 of them new" in seed()
    before = documents(*SEEDED)

    assert "0 of them new" in seed()

    assert documents(*SEEDED) == before
    assert "30 of them new" in seed(families=FAMILIES + 30)
    assert len(documents("families")["families"]) == FAMILIES + 30


def test_an_interrupted_batch_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH", 40)
    made = plan()
    writing.write_batch(made, 0)
    half = writing.batch(plan(), range(40, 80))
    for name in ("users", "family_people", "sbd_entries"):
        collection(name).insert(*half[name][:30])

    written = writing.write_all(made, processes=1, tell=lambda _: None)

    assert written == 80
    assert consistency.faults(clock.now()) == []
    found = documents("families", "users", "sbd_entries")
    assert [len(found[name]) for name in found] == [FAMILIES, 3 * FAMILIES, 10 * FAMILIES]


def test_what_was_sealed_before_an_interruption_stays_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan()
    writing.write_batch(plan(families=40), 0)
    sealing.seal_due(now=clock.now() + sealing.SETTLED)
    sealed = documents("audit_log")["audit_log"]
    with monkeypatch.context() as patched:
        patched.setattr(writing, "batch", _with_one_family_twice)
        with pytest.raises(BulkWriteError):
            writing.write_batch(made, 0)
    assert documents("audit_log")["audit_log"] == sealed

    writing.write_batch(made, 0)
    sealing.seal_due(now=clock.now() + sealing.SETTLED)

    assert len(documents("families")["families"]) == FAMILIES
    said = StringIO()
    call_command("verify_audit", stdout=said, stderr=StringIO())
    assert "The chain is whole." in said.getvalue()


def test_of_however_many_entries_no_account_goes_below_nothing() -> None:
    large = Plan(40, members=5, most_members=5, entries=1000, seed=0, now=clock.now())

    made = writing.batch(large, range(10, 30))

    assert len(made["sbd_transactions"]) == 20 * 1000
    balances = [each["balance_after"] for each in made["sbd_entries"] if each["seq"]]
    assert min(balances) == 0


def test_a_drafted_account_is_held_to_what_the_ledger_holds_others_to() -> None:
    now, book = clock.now(), Book(clock.now())
    payer, other = (
        accounts.drafted(each, OwnerKind.USER, owner_id=each, manager_id=each, now=now) for each in "ab"
    )
    move = partial(book.move, actor=Actor.system("tests"), now=now, transaction_id="txn_1")

    with pytest.raises(InsufficientBalanceError):
        move(payer, other, Move(Kind.TRANSFER, 1))
    with pytest.raises(ValueError, match="no transaction"):
        move(book.source, payer, Move(Kind.ISSUANCE, 0))
    payer["status"] = str(AccountStatus.CLOSED)
    with pytest.raises(AccountClosedError):
        move(book.source, payer, Move(Kind.ISSUANCE, 1))

    assert (book.transactions, book.entries, payer["balance"], other["balance"]) == ([], [], 0, 0)


def test_no_request_has_expired_before_its_time() -> None:
    made = writing.batch(plan(families=600), range(400, 600))

    ended = [
        each
        for name in ("token_requests", "purchase_requests")
        for each in made[name]
        if each["status"] != "pending"
    ]
    assert {each["status"] for each in ended} == {"denied", "cancelled", "expired"}
    expired = [each for each in ended if each["status"] == "expired"]
    assert all(each["expires_at"] == each["ended_at"] <= clock.now() for each in expired)


def test_it_stays_away_from_people_who_are_there() -> None:
    new_person("ada")

    with pytest.raises(CommandError, match="There are people already"):
        seed()

    assert len(documents("users")["users"]) == 1
    assert "120 of them new" in seed("--add")
    assert "120 of them new" in seed("--add", "--seed=4")


def test_it_has_no_place_in_production(settings: Any) -> None:
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="no place in production"):
        seed()

    assert documents("users")["users"] == []


@pytest.mark.parametrize("words", [("--seed=65536",), ("--members-per-family=6",), ("--processes=0",)])
def test_what_cannot_be_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        seed(*words)

    assert documents("users")["users"] == []


def _with_one_family_twice(made: Plan, numbers: range) -> dict[str, list[Any]]:
    found = batch(made, numbers)
    return found | {"families": [*found["families"], found["families"][0]]}


def _ours(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in found if "_5eedb01c" in each["_id"]]


def _shape(found: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the names of the fields that all of them have."""
    return set.intersection(*(set(each) for each in found))
