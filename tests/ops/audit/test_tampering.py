"""Whatever is changed past the product is found, here and by somebody outside. Source: design, section 5."""

import json
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test.utils import override_settings

from ops.mongo.collections import collection
from tests.ops.audit.edits import THEIRS
from tests.ops.audit.sealed_log import (
    LOG,
    OUTSIDER,
    Log,
    broken,
    exported,
    faults_outside,
    put_head,
    verified,
)
from tests.ops.audit.tampering import WAYS

Lines = list[str]


def test_what_nobody_touched_is_whole(log: Log) -> None:
    found = verified()

    assert found.findings.kept == []
    assert (found.sealed, found.waiting, found.blanked, found.first, found.last) == (6, 0, 0, 1, 6)
    assert faults_outside(exported()) == faults_outside(exported(with_private=False)) == []
    assert len(exported()) == len(log.ids) + 1


@pytest.mark.parametrize("way", WAYS)
def test_what_was_tampered_with_is_found(log: Log, way: str) -> None:
    expected = WAYS[way](log)

    assert broken() == expected
    assert faults_outside(exported()) != []


def test_a_log_that_never_was_has_no_faults() -> None:
    assert (broken(), faults_outside(exported())) == ({}, [])


def test_what_is_wrong_is_told_by_number_and_id(log: Log) -> None:
    log.change(2, action="family.created")
    log.remove(4, 5)

    assert [each.sentence for each in verified().findings.kept] == [
        f"{log.ids[1]}, number 2, is not what was sealed",
        "numbers 4 to 5 are missing",
    ]
    assert faults_outside(exported()) == [
        f"{log.ids[1]} is not what was sealed",
        "numbers 4 to 5 are missing",
    ]


def test_private_can_be_blanked_and_the_chain_stays_whole(log: Log) -> None:
    log.change(3, private={})
    log.change(6, private={})

    assert (broken(), verified().blanked) == ({}, 2)
    assert faults_outside(exported()) == []
    assert "192.0.2.7" in "".join(exported())
    assert "192.0.2.7" not in "".join(exported(with_private=False))


def edited(lines: Lines) -> Lines:
    return [line.replace("family.updated", "family.created") for line in lines]


def header_of(lines: Lines, **changed: object) -> Lines:
    return [json.dumps({**json.loads(lines[0]), **changed}), *lines[1:]]


EXPORTS: dict[str, Callable[[Lines], Lines]] = {
    "edited": edited,
    "without_the_first": lambda lines: [lines[0], *lines[2:]],
    "without_one": lambda lines: [*lines[:3], *lines[4:]],
    "without_the_last": lambda lines: lines[:-1],
    "swapped": lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    "twice": lambda lines: [*lines[:4], *lines[3:]],
    "with_another_beginning": lambda lines: header_of(lines[:1], first=4) + lines[4:],
    "with_another_end": lambda lines: header_of(lines[:-1], last=5),
    "said_to_end_elsewhere": lambda lines: header_of(lines[:-1], last=5, to_the_head=False),
    "said_to_have_no_private": lambda lines: header_of(lines, private=False),
    "without_private": lambda lines: [lines[0], *(_without_private(line) for line in lines[1:])],
}


def _without_private(line: str) -> str:
    return json.dumps({name: each for name, each in json.loads(line).items() if name != "private"})


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("change", EXPORTS)
def test_an_export_that_was_tampered_with_is_found(change: str) -> None:
    assert faults_outside(EXPORTS[change](exported())) != []


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    "lines",
    [[], ["{}"], ["no JSON"], ["[]"], ['{"format": "audit-export/1", "format": "audit-export/1"}']],
)
def test_what_is_no_export_is_not_taken_for_a_whole_one(lines: Lines) -> None:
    with pytest.raises(OUTSIDER.UnreadableError):
        faults_outside(lines)


@pytest.mark.usefixtures("log")
def test_who_has_another_key_can_tell_nothing() -> None:
    (fault,) = faults_outside(exported(), [THEIRS.secret.decode()])

    assert fault == "the first line is not as it was exported"


@pytest.mark.usefixtures("log")
def test_an_older_key_still_proves_what_it_sealed() -> None:
    new = "Another-Key-0123456789-abcdefghij-KLM"
    with override_settings(AUDIT_KEYS=(new, *settings.AUDIT_KEYS)):
        again = Log(3)
        assert [again[seq]["key_id"] == THEIRS.id for seq in (6, 7, 9)] == [False, True, True]
        assert (broken(), faults_outside(exported())) == ({}, [])
    with override_settings(AUDIT_KEYS=(new,)):
        assert broken() == {"UNKNOWN_KEY": 6}


def test_an_entry_of_no_shape_is_read_all_the_same(log: Log) -> None:
    raw = collection(LOG).raw.database
    raw.command(
        "update",
        LOG,
        updates=[{"q": {"_id": log.ids[2]}, "u": [{"$set": {"at": {"$toDate": 10**15 * 9}}}]}],
    )
    log.change(4, private=None)
    put_head({"_id": "audit_log", "seq": "six"})

    assert broken() == {"ALTERED": 1, "PRIVATE": 1, "HEAD": 1}
    assert faults_outside(exported()) != []
