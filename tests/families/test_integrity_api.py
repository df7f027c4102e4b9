"""GET /family/{id}/audit/integrity-check. Source: HTTP contract, section 13."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from families import record_queries
from ops import clock, switches
from ops.audit import chain, keys, of_family, sealing
from ops.incidents import records
from ops.mongo.collections import Document, collection, control_collection
from tests.api import Answer, Api
from tests.factories import Person, new_family
from tests.ops.audit.sealed_log import HOUR, LOG, head, write
from tests.ops.incidents.told import forget_pages
from tests.test_round_trips import COMMIT, cost_of
from tests.tokens.calls import nothing_moves
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("no_heads")
MINUTE = timedelta(minutes=1)
Entries = list[Document]


@pytest.fixture(autouse=True)
def _no_incidents() -> Iterator[None]:
    yield
    forget_pages()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is logged as an error."""
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(record_queries.log, "error", lambda _event, **facts: heard.append(facts))
    return heard


@pytest.fixture
def entries(larks: Document) -> Entries:
    """Five changes of the family an hour ago, between those of another, and its founding just now."""
    now = clock.now()
    for number in range(1, 6):
        write(number, now - HOUR + number * MINUTE, larks["_id"])
        write(number, now - HOUR + number * MINUTE, "fam_other")
    sealing.seal_due(now=now + MINUTE)
    found = collection(LOG).find({"family_id": larks["_id"]}, sort=[("family_seq", 1)], limit=9)
    assert [each["family_seq"] for each in found] == [1, 2, 3, 4, 5, 6]
    return found


def check(person: Person, family: Document, query: str = "") -> Answer:
    return Api(person).get(f"/family/{family['_id']}/audit/integrity-check{query}")


def results(person: Person, family: Document, query: str = "") -> dict[str, Any]:
    answer = check(person, family, query)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json["data"]["integrity_results"]
    return found


def test_what_nobody_touched_is_verified(
    person: Person, larks: Document, entries: Entries, said: list[dict[str, Any]]
) -> None:
    with nothing_moves():
        answer = check(person, larks)

    found = answer.json["data"]["integrity_results"]
    last = head(larks["_id"])
    assert answer.json["status"] == "success"
    assert answer.json["data"]["family_id"] == larks["_id"]
    assert found == {
        "integrity_verified": True,
        "total_records_checked": 6,
        "corrupted_records": [],
        "missing_sequence": [],
        "chain_head": {"sequence": 6, "hash": last["hash"]},
        "verification_timestamp": found["verification_timestamp"],
    }
    assert (last["hash"], said) == (entries[-1]["hash"], [])


def test_an_altered_entry_is_named_and_the_hash_that_it_should_have_is_not_told(
    person: Person, larks: Document, entries: Entries, said: list[dict[str, Any]]
) -> None:
    changed = entries[2]["_id"]
    collection(LOG).update({"_id": changed}, {"$set": {"action": "family.created"}})

    found = results(person, larks)

    (corrupted,) = found["corrupted_records"]
    form = chain.form_of(collection(LOG).find_one({"_id": changed}))
    right = chain.hash_of(form, keys.newest())
    prints = [sha256(each.encode()).hexdigest() for each in (right, entries[2]["hash"])]
    assert (found["integrity_verified"], corrupted["audit_id"]) == (False, changed)
    assert [corrupted["expected_hash"], corrupted["actual_hash"]] == prints
    assert right not in str(found)
    assert said == [
        {
            "family": larks["_id"],
            "corrupted": [changed],
            "missing": [],
            "head": "right",
        }
    ]


def edit_private(entries: Entries) -> None:
    collection(LOG).update({"_id": entries[2]["_id"]}, {"$set": {"private.reason": "another"}})


def take_number(entries: Entries) -> None:
    collection(LOG).update({"_id": entries[2]["_id"]}, {"$unset": {"seq": ""}})


def use_another_key(entries: Entries) -> None:
    collection(LOG).update({"_id": entries[2]["_id"]}, {"$set": {"key_id": "0" * 16}})


def repeat_number(entries: Entries) -> None:
    collection(LOG).update({"_id": entries[2]["_id"]}, {"$set": {"family_seq": 2}})


@pytest.mark.parametrize(
    ("tamper", "missing"),
    [(edit_private, []), (take_number, []), (use_another_key, []), (repeat_number, [3])],
)
def test_whatever_else_is_not_as_it_was_sealed_is_named(
    person: Person, larks: Document, entries: Entries, tamper: Callable[[Entries], None], missing: list[int]
) -> None:
    tamper(entries)

    found = results(person, larks)

    assert {each["audit_id"] for each in found["corrupted_records"]} == {entries[2]["_id"]}
    assert (found["integrity_verified"], found["missing_sequence"]) == (False, missing)


@pytest.mark.parametrize("gone", [[1], [3], [2, 3], [4, 6], [5, 6], [1, 2, 3, 4, 5, 6]])
def test_what_is_gone_is_missing(person: Person, larks: Document, entries: Entries, gone: list[int]) -> None:
    ids = [each["_id"] for each in entries if each["family_seq"] in gone]
    collection(LOG).delete({"_id": {"$in": ids}})

    found = results(person, larks)

    assert (found["integrity_verified"], found["missing_sequence"]) == (False, gone)
    assert (found["corrupted_records"], found["total_records_checked"]) == ([], 6 - len(gone))


def test_entries_of_others_are_no_concern_of_the_family(
    person: Person, larks: Document, entries: Entries, said: list[dict[str, Any]]
) -> None:
    collection(LOG).delete({"family_id": "fam_other"})

    assert results(person, larks)["integrity_verified"] is True
    assert (len(entries), said) == (6, [])


def test_a_head_that_is_gone_or_changed_is_found(person: Person, larks: Document, entries: Entries) -> None:
    heads, mine = control_collection(sealing.HEADS), {"_id": larks["_id"]}
    heads.update(mine, {"$set": {"seq": 5}})
    changed = results(person, larks)
    heads.delete(mine)
    gone = results(person, larks)

    assert (changed["integrity_verified"], changed["chain_head"]) == (False, None)
    assert (gone["integrity_verified"], gone["chain_head"]) == (False, None)
    assert len(entries) == 6


def test_numbers_that_begin_anew_tell_of_a_head_that_was_taken_away(
    person: Person, larks: Document, entries: Entries
) -> None:
    control_collection(sealing.HEADS).delete({"_id": larks["_id"]})
    again = write(9, clock.now() - MINUTE / 2, larks["_id"])
    sealing.seal_due(now=clock.now() + MINUTE)

    found = results(person, larks)

    assert found["integrity_verified"] is False
    assert again in {each["audit_id"] for each in found["corrupted_records"]}
    assert len(entries) == 6


def test_a_part_is_checked_at_both_ends(person: Person, larks: Document, entries: Entries) -> None:
    early, late = (entries[at]["at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ") for at in (1, 3))
    query = f"?start_date={early}&end_date={late}"

    whole = results(person, larks, query)
    collection(LOG).delete({"_id": entries[1]["_id"]})

    assert (whole["total_records_checked"], whole["integrity_verified"]) == (2, True)
    assert results(person, larks, query)["missing_sequence"] == [2]


def test_what_was_sealed_late_is_not_missing(person: Person, larks: Document, entries: Entries) -> None:
    late = write(9, entries[0]["at"] - timedelta(seconds=1), larks["_id"])
    sealing.seal_due(now=clock.now() + MINUTE)
    since = entries[0]["at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    found = results(person, larks, f"?start_date={since}")

    assert late not in {each["_id"] for each in entries}
    assert (found["integrity_verified"], found["total_records_checked"]) == (True, 6)


def test_what_waits_to_be_sealed_is_not_counted_and_is_told_after_a_minute(
    person: Person, larks: Document, entries: Entries
) -> None:
    write(8, clock.now(), larks["_id"])
    fresh = results(person, larks)
    late = write(9, clock.now() - 2 * MINUTE, larks["_id"])

    found = results(person, larks)

    assert (fresh["integrity_verified"], fresh["total_records_checked"]) == (True, len(entries))
    assert found["corrupted_records"] == [{"audit_id": late, "expected_hash": None, "actual_hash": None}]


def test_of_more_than_a_call_goes_through_the_newest_are_checked(
    person: Person, larks: Document, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_family, "MOST_CHECKED", 3)

    answer = check(person, larks)

    data = answer.json["data"]
    assert data["integrity_results"]["total_records_checked"] == 3
    assert data["integrity_results"]["integrity_verified"] is True
    newest = sorted(each["at"] for each in entries)[-3]
    assert data["verification_period"]["start_date"] == newest.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_it_costs_the_same_however_much_there_is(person: Person, larks: Document, entries: Entries) -> None:
    assert until(lambda: switches.current() is not None)
    assert check(person, larks).status == 200  # from now on the session is remembered
    many, _ = cost_of(lambda: check(person, larks))

    assert many == [
        "aggregate families",
        "aggregate audit_log",
        "aggregate audit_log",
        "find chain_heads",
        COMMIT,
    ]
    assert len(entries) == 6


def test_of_a_family_without_a_seal_there_is_nothing_to_tell(person: Person) -> None:
    found = results(person, new_family(person))

    shown = ("integrity_verified", "total_records_checked", "chain_head")
    assert [found[name] for name in shown] == [True, 0, None]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("?start_date=2025-01-01&end_date=2026-01-02", ("query.start_date", "not_allowed")),
        ("?start_date=2026-01-02&end_date=2026-01-01", ("query.start_date", "not_allowed")),
        ("?start_date=9999-01-01", ("query.start_date", "not_allowed")),
    ],
)
def test_a_range_that_is_none_or_too_long_is_refused(
    person: Person, larks: Document, query: str, fault: tuple[str, str]
) -> None:
    assert check(person, larks, query).faults == {fault}


@pytest.mark.parametrize("query", ["?end_date=0001-01-01", "?start_date=0001-01-01&end_date=0001-01-02"])
def test_the_beginning_of_the_calendar_is_a_range_as_any(person: Person, larks: Document, query: str) -> None:
    assert results(person, larks, query)["total_records_checked"] == 0


def test_a_date_that_is_none_is_refused(person: Person, larks: Document) -> None:
    assert check(person, larks, "?end_date=2026-02-30").problem == (400, "INVALID_DATE_FORMAT")


def test_a_break_opens_one_incident_however_often_it_is_found(
    person: Person, larks: Document, entries: Entries
) -> None:
    collection(LOG).update({"_id": entries[2]["_id"]}, {"$set": {"action": "family.created"}})

    for _ in range(2):
        assert results(person, larks)["integrity_verified"] is False

    about = f"audit:{larks['_id']}"
    (incident,) = [each for each in records.open_ones() if each["about"] == about]
    assert (incident["kind"], incident["severity"], incident["checks"]) == ("data", "p1", ["audit"])
