"""``manage.py issue_tokens`` and ``reverse_transaction``. Source: HTTP contract, section 8."""

from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from ops import clock
from ops.actors import Actor
from tests.audited import WHY
from tests.database import audit, documents
from tests.factories import Person
from tests.tokens.funds import account_of
from tests.tokens.told import MONEY
from tokens.actions import issuing

MANY = settings.ISSUE_ALONE_UP_TO + 1


def said(command: str, *typed: str) -> str:
    out = StringIO()
    call_command(command, *typed, "--reason", WHY, stdout=out)
    return out.getvalue()


def unchanged(command: str, *typed: str, tells: str, reason: str = WHY) -> None:
    before = documents(*MONEY, "issuances")
    with pytest.raises(CommandError, match=tells):
        call_command(command, *typed, "--reason", reason)
    assert documents(*MONEY, "issuances") == before


def only(name: str) -> dict[str, Any]:
    (found,) = documents(name)[name]
    return found


def test_tokens_are_issued_by_name_or_id_and_taken_back(person: Person) -> None:
    first = said("issue_tokens", person.username, "40")
    transaction = only("sbd_transactions")["_id"]
    assert first == f"40 tokens for {person.username} are issued, by transaction {transaction}.\n"
    (entry,) = audit("tokens.issued")
    assert (entry["actor"], entry["private"]["reason"]) == (Actor.shell().id, WHY)

    second = said("reverse_transaction", transaction)

    assert second.startswith(f"{transaction} is reversed by txn_")
    assert account_of(person)["balance"] == 0
    said("issue_tokens", account_of(person)["_id"], "5")
    assert account_of(person)["balance"] == 5
    unchanged("reverse_transaction", transaction, tells="reversed already")


def test_many_wait_for_somebody_else(person: Person) -> None:
    line = said("issue_tokens", person.username, str(MANY))

    waiting = only("issuances")["_id"]
    what = f"{MANY:,} tokens for {person.username}"
    assert line == f"{what} wait for a second person: issue_tokens --confirm {waiting}\n"
    unchanged("issue_tokens", "--confirm", waiting, tells="Needed: another member of staff")
    assert said("issue_tokens", "--withdraw", waiting) == f"{what} are withdrawn.\n"
    unchanged("issue_tokens", "--confirm", waiting, tells="withdrawn already")
    assert account_of(person)["balance"] == 0


def test_what_somebody_else_asked_for_is_confirmed(person: Person) -> None:
    asked = issuing.issue(
        account_of(person)["_id"], MANY, actor=Actor.system("first"), now=clock.now(), reason=WHY
    )

    line = said("issue_tokens", "--confirm", asked["_id"])

    assert line.startswith(f"{MANY:,} tokens for {person.username} are issued, by transaction txn_")
    assert account_of(person)["balance"] == MANY


@pytest.mark.parametrize(
    "amount", ["0", "-5", "10000000000000", "1000000000001", "5.0", "1e3", "five", "\u0665"]
)
def test_what_is_no_amount_changes_nothing(person: Person, amount: str) -> None:
    unchanged("issue_tokens", person.username, amount, tells=r"amount|arguments")


@pytest.mark.parametrize(
    ("typed", "tells"),
    [
        (("nobody", "5"), "There is no account nobody"),
        (("acc_nowhere", "5"), "There is no account acc_nowhere"),
        (("system_issuance", "5"), "people and families only"),
        ((), "Say either"),
        (("somebody",), "Say either"),
        (("somebody", "5", "--confirm", "iss_x"), "Say either"),
        (("--confirm", "iss_x", "--withdraw", "iss_x"), "not allowed with"),
        (("--confirm", "iss_nowhere"), "There is nothing here"),
        (("--withdraw", "iss_nowhere"), "There is nothing here"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(typed: tuple[str, ...], tells: str) -> None:
    unchanged("issue_tokens", *typed, tells=tells)


def test_a_reason_is_needed(person: Person) -> None:
    unchanged("issue_tokens", person.username, "5", tells="5 to 500 characters", reason="why")
    unchanged("reverse_transaction", "txn_nowhere", tells="There is nothing here")
