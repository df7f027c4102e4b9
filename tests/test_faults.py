"""The table of faults is whole: each can be made and mended, and expects of doctor what it can say."""

from collections import Counter

import pytest

from faults.catalogue import ODD, PAIRS, SINGLES
from faults.fault import Fault, Pair
from faults.run import Outcome
from faults.said import Said
from faults.table import line, page, sums
from ops.doctor import registry

# Of the audit log, what was changed past the product cannot be put right.
LOST_FOR_GOOD = {"the head of the audit log is changed"}


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    names = [*(each.name for each in SINGLES), *(each.name for each in PAIRS), *(each.name for each in ODD)]

    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert len(SINGLES) >= 40
    assert len(PAIRS) >= 20
    assert len(ODD) >= 10


@pytest.mark.parametrize("fault", SINGLES, ids=lambda fault: fault.name)
def test_a_fault_expects_checks_that_there_are_and_can_be_mended(fault: Fault) -> None:
    known = {check.name for check in registry.checks(deep=True)}

    assert fault.expected
    assert fault.expected <= known
    assert (fault.cure is None) == (fault.name in LOST_FOR_GOOD)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_two_of_a_pair_are_told_apart(pair: Pair) -> None:
    assert pair.one.expected != pair.other.expected


def said(*findings: tuple[str, str, list[str]]) -> Said:
    made = [
        {
            "name": name,
            "result": result,
            "evidence": ["seen"],
            "cause": "it",
            "remedy": "do",
            "explained_by": by,
        }
        for name, result, by in findings
    ]
    return Said(made, 2.0)


def test_only_what_nothing_explains_is_a_cause() -> None:
    found = said(("mongo", "failed", []), ("schema", "could_not_look", ["mongo"]), ("redis", "ok", []))

    assert found.causes == ["mongo"]
    assert not found.is_well
    assert found.about({"schema"}).findings == [found.findings[1]]


def test_doctor_that_says_nothing_is_not_well() -> None:
    assert not Said.read(b"Traceback", b"", 1.0).is_well


def test_a_second_fault_that_is_not_seen_is_wrong() -> None:
    assert (
        Outcome("both", ["mongo", "redis"], said(("mongo", "failed", [])), unseen=["redis: stopped"]).is_right
        is False
    )


def test_the_page_tells_right_and_wrong_apart() -> None:
    right = Outcome("stopped", ["mongo"], said(("mongo", "failed", [])), cured=True, printed=True)
    wrong = Outcome("killed", ["redis"], said(("mongo", "failed", [])), innocents=["mongo"])
    missed = Outcome("full", ["redis"], said(("redis", "ok", [])))
    calm = Outcome("idle", [], said(("redis", "ok", [])))

    first = page([("Single faults", [missed]), ("Odd, and well", [calm])])
    written = page([("Single faults", [right, wrong, missed])], before=first)

    assert "| idle | none | 2.0 |" in written
    assert written.count("## Single faults") == 1
    assert "| stopped | `mongo` | `mongo` | none | 2.0 | as printed |" in written
    assert "| killed | `redis` | **`mongo`** | `mongo` | 2.0 | no |" in written
    assert "| full | `redis` | **all is well** | none | 2.0 | no |" in written
    assert '1 of 3 right (33%), 1 innocents named, 1 times "all is well", 1 cured.' in sums(
        [right, wrong, missed]
    )
    assert sums([calm]).startswith("1 looks, 0 alarms.")
    assert line(wrong).startswith("WRONG | killed | first mongo | expected redis | innocents mongo")
