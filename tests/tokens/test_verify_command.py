"""``manage.py verify_ledger``: what it prints, and how it ends."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.failpoints import failing
from tests.tokens.damage import ACCOUNTS, ENTRIES, Books, change
from tokens.ledger.posting import entry_id

pytestmark = pytest.mark.usefixtures("_forgotten")


def test_of_a_sound_ledger_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Books()

    call_command("verify_ledger")

    counted, verdict = capsys.readouterr().out.splitlines()[-2:]
    assert counted.startswith("7 accounts, 20 entries, 10 transactions, ")
    assert verdict == "All invariants hold."


def test_of_a_broken_one_it_names_invariant_sentence_and_documents(
    books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    change(ACCOUNTS, books.ann, last_at=books.at(71))

    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", account=str(books.people[0].username))

    *finding, _, verdict = [line for line in capsys.readouterr().out.splitlines() if line[:1] != "{"]
    assert ended.value.code == 1
    assert finding[0].startswith(f"last_at_is_the_last_entrys: {books.ann} says ")
    assert finding[1] == f"    {books.ann} {entry_id(books.ann, 6)}"
    assert verdict == "Broken: last_at_is_the_last_entrys (1)"


def test_as_json_it_is_one_document(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    change(ACCOUNTS, books.ann, balance=88)

    with pytest.raises(SystemExit):
        call_command("verify_ledger", json=True)

    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    invariant = "balance_is_the_sum_of_entries"
    assert (said["holds"], said["broken"]) == (False, {invariant: 2})
    assert said["findings"][0] == {
        "invariant": invariant,
        "sentence": f"{books.ann} has 88, the sum of its entries is 87",
        "documents": [books.ann],
    }
    assert said["counts"] == {"accounts": 7, "entries": 20, "transactions": 10}
    assert {"seconds", "rate"} <= said.keys()


def test_it_says_when_it_could_not_look() -> None:
    with pytest.raises(CommandError) as ended:
        call_command("verify_ledger", account="acc_none")

    assert (str(ended.value), ended.value.returncode) == ("There is no account acc_none", 2)


def test_a_database_that_refuses_is_not_taken_for_a_fault() -> None:
    entries = f"{connection.settings_dict['NAME']}.{ENTRIES}"
    with failing("find", errorCode=13, namespace=entries), pytest.raises(CommandError) as ended:
        call_command("verify_ledger")

    assert ended.value.returncode == 2
    assert str(ended.value) == "The ledger cannot be read: OperationFailure"


def test_from_a_time_on(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_ledger", "--since", books.at(35).isoformat())

    assert "4 accounts, 7 entries, 2 transactions" in capsys.readouterr().out
