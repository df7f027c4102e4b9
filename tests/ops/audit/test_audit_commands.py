"""``manage.py verify_audit``, ``export_audit``, the verifier outside, and parts of the log."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from ops import clock
from ops.audit import verifying
from ops.audit.reading import Scope
from tests.failpoints import failing
from tests.ops.audit.sealed_log import (
    LOG,
    OUTSIDER,
    Log,
    broken,
    exported,
    faults_outside,
    seal,
    verified,
    write,
)

MINUTE = timedelta(minutes=1)


def test_of_a_whole_log_it_says_so(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.change(2, private={})
    write(7, clock.now())

    call_command("verify_audit")

    assert capsys.readouterr().out.splitlines() == [
        "numbers 1 to 6: 6 sealed, 1 of them blanked; 1 waiting",
        "The chain is whole.",
    ]


def test_of_a_broken_one_it_names_what_is_wrong(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.change(3, action="family.created")
    log.remove(5)

    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit")

    assert ended.value.code == 1
    assert capsys.readouterr().out.splitlines() == [
        f"altered: {log.ids[2]}, number 3, is not what was sealed",
        "missing: number 5 is missing",
        "numbers 1 to 6: 5 sealed, 0 of them blanked; 0 waiting",
        "Broken: altered (1), missing (1)",
    ]


def test_as_json_it_is_one_document(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.change(3, action="family.created")

    with pytest.raises(SystemExit):
        call_command("verify_audit", "--json")

    assert json.loads(capsys.readouterr().out) == {
        "whole": False,
        "broken": {"altered": 1},
        "findings": [
            {
                "fault": "altered",
                "sentence": f"{log.ids[2]}, number 3, is not what was sealed",
                "entry": log.ids[2],
            }
        ],
        "counts": {"sealed": 6, "waiting": 0, "blanked": 0},
        "first": 1,
        "last": 6,
    }


def test_of_many_faults_the_first_are_told_and_the_rest_counted(
    log: Log, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.audit.run.MOST_KEPT", 2)
    for seq in range(1, 7):
        log.change(seq, action="family.created")

    with pytest.raises(SystemExit):
        call_command("verify_audit")

    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[2], lines[-1]) == (5, "and 4 more", "Broken: altered (6)")


@pytest.mark.parametrize("command", ["verify_audit", "export_audit"])
def test_a_database_that_refuses_is_not_taken_for_a_fault(command: str) -> None:
    entries = f"{connection.settings_dict['NAME']}.{LOG}"
    with failing("find", errorCode=13, namespace=entries), pytest.raises(CommandError) as ended:
        call_command(command)

    assert ended.value.returncode == 2
    assert str(ended.value) == "The audit log cannot be read: OperationFailure"


@pytest.mark.parametrize("page", [1, 2, 6, 7])
def test_page_by_page_it_comes_to_the_same(log: Log, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr("ops.audit.reading.PAGE", page)
    log.change(2, action="family.created")
    log.remove(4)

    assert broken() == {"ALTERED": 1, "MISSING": 1}
    assert len(exported()) == 1 + 5


@pytest.mark.parametrize(
    ("since", "until", "span"),
    [(None, None, (1, 6)), (3, None, (3, 6)), (None, 3, (1, 2)), (3, 5, (3, 4)), (9, None, (7, 6))],
)
def test_a_part_is_what_lies_in_its_time(
    log: Log, since: int | None, until: int | None, span: tuple[int, int]
) -> None:
    scope = Scope(*(None if minute is None else log.at(minute) for minute in (since, until)))

    found = verified(scope)

    assert (found.first, found.last, found.sealed) == (*span, span[1] - span[0] + 1)
    assert found.findings.kept == []
    assert faults_outside(exported(scope)) == []
    assert len(exported(scope)) == 1 + found.sealed


@pytest.mark.parametrize("gone", [3, 4, 5])
def test_what_is_missing_at_an_end_of_a_part_is_found(log: Log, gone: int) -> None:
    scope = Scope(log.at(3) - MINUTE / 2, log.at(5) + MINUTE / 2)
    log.remove(gone)

    assert broken(scope) == {"MISSING": 1}
    assert len(faults_outside(exported(scope))) == 1


def test_what_is_wrong_elsewhere_is_not_of_a_part(log: Log) -> None:
    log.change(1, action="family.created")
    log.remove(6)
    scope = Scope(log.at(2), log.at(5))

    assert (broken(scope), faults_outside(exported(scope))) == ({}, [])
    assert broken() == {"ALTERED": 1, "CUT_OFF": 1}


def test_of_a_part_up_to_now_the_end_is_known(log: Log) -> None:
    log.remove(4, 5, 6)

    assert broken(Scope(since=log.at(2))) == {"CUT_OFF": 1}
    assert broken(Scope(since=log.at(5))) == {"CUT_OFF": 1}
    assert len(faults_outside(exported(Scope(since=log.at(5))))) == 1


def test_an_export_is_verified_with_a_file_of_keys(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export, keys = tmp_path / "audit.jsonl", tmp_path / "keys"
    keys.write_text("\n".join(["Another-Key-0123456789-abcdefghij-KLM", *settings.AUDIT_KEYS, ""]))
    call_command("export_audit", "--private", "--from", log.at(2).isoformat())
    export.write_text(capsys.readouterr().out)

    assert OUTSIDER.main(str(export), str(keys)) == 0
    assert capsys.readouterr().out == "The export is whole.\n"

    export.write_text(export.read_text().replace("alice", "bob").replace("user_1", "user_2"))
    assert OUTSIDER.main(str(export), str(keys)) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "5 faults."

    assert OUTSIDER.main(str(export), str(tmp_path / "none")) == 2


def test_what_is_sealed_while_it_is_read_is_of_no_interest(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.audit.reading.PAGE", 2)
    lines: list[str] = []

    def go_on(_found: object) -> None:
        write(len(lines), log.at(30))
        seal()
        lines.append("")

    found = verifying.verify(Scope(), now=clock.now(), tell=go_on)

    assert (found.findings.kept, found.last, len(lines)) == ([], 6, 3)
    assert verified().last == 9
