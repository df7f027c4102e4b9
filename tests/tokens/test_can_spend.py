"""``manage.py can_spend``: whether somebody may spend so much, and why not, in words and by exit status."""

import sys
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command

from ops.mongo.collections import Document, collection
from tests.database import documents
from tests.factories import Person, new_family, new_member, new_person
from tests.tokens.funds import issue

FROZEN_AT = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


@pytest.fixture
def family(person: Person) -> Document:
    """The person's family, with 100 tokens."""
    made = new_family(person, "Larks")
    issue(made["account_id"], 100)
    return made


@pytest.fixture
def member(person: Person, family: Document) -> Person:
    return new_member(family["_id"], person, new_person("ben"))


def asked(account: str, user: str, amount: object, *more: str) -> tuple[int, str]:
    """Ask; returns the exit status and what is printed. Nothing is written, whatever is asked."""
    out, before = StringIO(), documents()
    try:
        call_command("can_spend", account, user, str(amount), *more, stdout=out)
        status = 0
    except SystemExit as ended:
        status = int(str(ended.code))
    except CommandError as refusal:
        status = refusal.returncode
        out.write(str(refusal))
    assert documents() == before
    return status, out.getvalue()


def set_account(account_id: str, **change: Any) -> None:
    collection("sbd_accounts").update({"_id": account_id}, {"$set": change})


def test_who_may_is_told_so_with_every_reason(family: Document, person: Person) -> None:
    status, said = asked("family_larks", person.username, 100)

    assert (status, said.splitlines()) == (
        0,
        [
            "Yes, they may spend it now.",
            "  ok  The account is active.",
            "  ok  They are a manager of the account, and may spend.",
            "  ok  They have no limit for one transaction.",
            "  ok  There are 100 tokens on the account; this is 100.",
        ],
    )
    assert asked(family["account_id"], person.id, 100) == (status, said)


def test_who_may_not_is_told_what_decides_and_the_rest(family: Document, member: Person) -> None:
    status, said = asked("family_larks", member.username, 1_000)

    assert (status, said.splitlines()) == (
        1,
        [
            "No: they are a viewer of the account, and may not spend.",
            "  ok  The account is active.",
            "  NO  They are a viewer of the account, and may not spend.",
            "  NO  They may spend at most 0 at once; this is 1,000.",
            "  NO  There are 100 tokens on the account; this is 1,000.",
        ],
    )
    assert family


def test_limits_are_told_with_what_is_left(family: Document, member: Person) -> None:
    limit = {"period": "week", "limit": 50}
    rights = {"role": "spender", "can_spend": True, "spending_limit": 40, "period_limit": limit}
    set_account(family["account_id"], **{f"holders.1.{name}": value for name, value in rights.items()})

    status, said = asked("family_larks", member.username, 45)

    assert status == 1
    assert "No: they may spend at most 40 at once; this is 45." in said
    assert "  ok  Of 50 a week they have 50 left; this is 45." in said


def test_a_frozen_account_says_since_when(family: Document, person: Person) -> None:
    freeze = {"by": "user_x", "at": FROZEN_AT, "reason": "lost card"}
    set_account(family["account_id"], status="frozen", freeze=freeze)

    status, said = asked("family_larks", person.username, 5)

    assert status == 1
    assert said.startswith("No: the account is frozen, since 2026-11-26 09:30:00 UTC, by user_x.\n")


def test_a_stranger_holds_no_part_of_it(family: Document, stranger: Person) -> None:
    status, said = asked("family_larks", stranger.username, 5)

    assert (status, said.splitlines()[0]) == (1, "No: they hold no part of the account, or are disabled.")
    assert family


def test_as_json_it_is_one_document(family: Document, member: Person) -> None:
    status, said = asked("family_larks", member.username, 7, "--json")

    told = orjson.loads(said)
    assert status == 1
    assert {name: told[name] for name in ("account", "user", "amount", "can_spend")} == {
        "account": "family_larks",
        "user": "ben",
        "amount": 7,
        "can_spend": False,
    }
    assert [(each["question"], each["passed"]) for each in told["reasons"]] == [
        ("state", True),
        ("permission", False),
        ("limit", False),
        ("balance", True),
    ]
    assert told["reasons"][1]["words"] == "They are a viewer of the account, and may not spend."
    assert family


@pytest.mark.parametrize(
    ("account", "user", "amount", "tells"),
    [
        ("nowhere", "ben", "5", "There is no account nowhere."),
        ("family_larks", "nobody", "5", "There is no user nobody."),
    ],
)
@pytest.mark.usefixtures("family", "member")
def test_what_cannot_be_asked_ends_with_two(account: str, user: str, amount: str, tells: str) -> None:
    assert asked(account, user, amount) == (2, tells)


@pytest.mark.parametrize("amount", ["0", "-1", "x", "10000000000000"])
@pytest.mark.usefixtures("family", "member")
def test_a_wrong_amount_ends_with_two_in_a_shell(monkeypatch: pytest.MonkeyPatch, amount: str) -> None:
    from django.core.management import execute_from_command_line  # noqa: PLC0415  # as a shell calls it

    words = ["manage.py", "can_spend", "family_larks", "ben", "--", amount]
    monkeypatch.setattr(sys, "argv", words)

    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(words)

    assert ended.value.code == 2
