"""Sealing: in which order, once, whoever else does it, and whatever becomes of it on the way."""

from datetime import timedelta

import pytest

from ops import clock, tasks
from ops.audit import sealing
from ops.mongo.collections import collection, control_collection
from tests.database import documents
from tests.failpoints import failing
from tests.ops.audit.sealed_log import (
    HOUR,
    LOG,
    Log,
    broken,
    exported,
    faults_outside,
    head,
    numbers,
    put_head,
    seal,
    stored,
    write,
)
from tests.races import at_once

SETTLED = timedelta(seconds=5)
SEAL = ("seq", "family_seq", "sealed_at", "key_id", "private_digest", "previous", "hash")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is logged as an error."""
    heard: list[str] = []
    monkeypatch.setattr(sealing.log, "error", lambda event, **_facts: heard.append(event))
    return heard


def test_entries_are_sealed_in_the_order_of_their_times_and_those_of_a_family_are_numbered() -> None:
    now = clock.now()
    late, early, other, none = (
        write(number, now - HOUR + timedelta(minutes=minute), family)
        for number, minute, family in ((1, 9, "fam_1"), (2, 3, "fam_1"), (3, 5, "fam_2"), (4, 7, None))
    )

    assert seal(now) == 4

    found = [stored(seq) for seq in (1, 2, 3, 4)]
    assert [each["_id"] for each in found] == [early, other, none, late]
    assert [each["family_seq"] for each in found] == [1, 1, None, 2]
    assert [each["previous"] for each in found] == ["0" * 64, *(each["hash"] for each in found[:3])]
    assert {each["sealed_at"] for each in found} == {now}
    assert [(each["seq"], each["hash"]) for each in (head(), head("fam_1"), head("fam_2"))] == [
        (4, found[3]["hash"]),
        (2, found[3]["hash"]),
        (1, found[1]["hash"]),
    ]


def test_nothing_but_the_seal_is_written_and_it_is_written_once(log: Log) -> None:
    before = documents(LOG)
    entry = log[3]

    assert seal() == 0
    assert documents(LOG) == before
    assert {name for name in entry if name in SEAL} == set(SEAL)
    assert (entry["action"], entry["private"]["reason"]) == ("family.updated", "reason 3")


def test_an_entry_is_sealed_once_no_earlier_one_can_be_committed() -> None:
    now = clock.now()
    write(1, now)

    too_early = seal(now + SETTLED - timedelta(milliseconds=1))

    assert (too_early, numbers()) == (0, [])
    assert (seal(now + SETTLED), numbers()) == (1, [1])


def test_an_entry_that_comes_late_gets_a_later_number(log: Log) -> None:
    late = write(7, log.at(2.5))

    assert seal() == 1
    assert (stored(7)["_id"], broken()) == (late, {})
    assert faults_outside(exported()) == []


@pytest.mark.parametrize("most", [1, 2, 4, 6])
def test_batch_by_batch_it_is_one_chain(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(sealing, "AT_ONCE", most)

    Log(5)

    assert (numbers(), broken()) == ([1, 2, 3, 4, 5], {})


@pytest.mark.race(20)
def test_sealers_at_once_seal_each_entry_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "AT_ONCE", 2)
    now = clock.now()
    for number in range(9):
        write(number, now - HOUR)

    sealed = at_once([seal] * 4)

    assert sum(sealed) + seal() == 9
    assert (numbers(), broken()) == (list(range(1, 10)), {})
    assert head()["seq"] == head("fam_1")["seq"] == 9


@pytest.mark.race(20)
def test_while_entries_are_written_no_number_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "AT_ONCE", 3)
    now = clock.now()

    def write_some() -> int:
        return len([write(number, now - HOUR) for number in range(5)])

    at_once([write_some, seal, write_some, seal, write_some])
    seal()

    assert (numbers(), broken()) == (list(range(1, 16)), {})


@pytest.mark.parametrize("command", ["update", "commitTransaction", "find"])
def test_a_sealer_that_dies_leaves_nothing_half_done(log: Log, command: str) -> None:
    """Of the updates the second is of the heads, when the entries are written and not committed."""
    write(7, log.at(7))
    before = documents(LOG), head(), head("fam_1")
    mode = {"skip": 1} if command == "update" else {"times": 1}
    with (
        failing(command, mode=mode, errorCode=13, appName="sbd-shell"),
        pytest.raises(Exception, match="failCommand"),
    ):
        seal()

    assert (documents(LOG), head(), head("fam_1")) == before
    assert (seal(), numbers(), broken()) == (1, [1, 2, 3, 4, 5, 6, 7], {})


def test_after_a_restore_of_an_older_backup_the_loss_shows_for_good(log: Log, said: list[str]) -> None:
    log.remove(5, 6)
    assert broken() == {"CUT_OFF": 1}

    again = write(7, log.at(7))
    seal()

    assert (stored(7)["_id"], numbers()) == (again, [1, 2, 3, 4, 7])
    assert broken() == {"MISSING": 1}
    assert said == []


def test_a_head_that_was_taken_away_shows_for_good(log: Log, said: list[str]) -> None:
    log.remove(5, 6)
    put_head(None)
    write(7, log.at(7))

    seal()

    assert (numbers(), broken()) == ([1, 2, 3, 4, 6], {"MISSING": 1})
    assert said == ["audit chain does not go on from its head"]
    assert len(faults_outside(exported())) == 1


def test_a_head_that_was_changed_shows_for_good(log: Log, said: list[str]) -> None:
    put_head({**head(), "seq": 4, "hash": log[4]["hash"]})
    write(7, log.at(7))

    seal()

    assert (numbers(), broken()) == ([1, 2, 3, 4, 5, 6, 8], {"MISSING": 1})
    assert len(said) == 1


def test_an_older_head_that_is_put_back_shows_for_good(log: Log, said: list[str]) -> None:
    before = head()
    write(7, log.at(7))
    seal()
    put_head(before)
    write(8, log.at(8))

    seal()

    assert (numbers(), broken()) == ([1, 2, 3, 4, 5, 6, 7, 9], {"MISSING": 1})
    assert len(said) == 1


def test_a_number_that_somebody_made_up_does_not_lead_the_chain_astray(log: Log, said: list[str]) -> None:
    collection(LOG).insert({**log[6], "_id": "aud_made_up", "seq": 2**63 - 1})
    write(7, log.at(7))

    seal()

    assert (numbers(), said) == ([1, 2, 3, 4, 5, 6, 7, 2**63 - 1], [])
    assert broken() == {"HEAD": 1}


def test_all_that_there_was_being_gone_shows_for_good(log: Log, said: list[str]) -> None:
    log.remove(1, 2, 3, 4, 5, 6)
    put_head({"_id": "audit_log", "seq": 1})
    write(7, log.at(7))

    seal()

    assert (numbers(), broken(), len(said)) == ([2], {"MISSING": 1}, 1)


def test_the_job_seals_and_leaves_a_heartbeat() -> None:
    write(1, clock.now() - HOUR)

    assert tasks.seal() == 1
    beat = control_collection("heartbeats").find_one({"_id": "ops.audit.seal"})
    assert beat is not None
    assert beat["error"] is None
