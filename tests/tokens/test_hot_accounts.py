"""Accounts that everybody spends from at the same time. Source: HTTP contract, section 18 (rules 1 to 4)."""

import time
from collections import Counter
from functools import partial
from random import Random

import pytest

from families.actions import admins, members
from ops import clock
from tests.database import documents
from tests.factories import Person, new_family, new_person
from tests.races import at_once
from tests.scale import FULL, SOAK
from tests.tokens import deeds, ledger_checker
from tests.tokens.funds import account_by_id, issue
from tests.world import TESTS
from tokens.actions.rights import Rights
from tokens.rules.spending import period_key

THREADS = 64
SPENDS = 2000 if SOAK else 200 if FULL else 4
ACCOUNTS = 4
TOKENS = 100 * SPENDS
AT_MOST, A_DAY = 5, 30 * SPENDS
AMOUNTS = (1, 2, 5, 6, 50)
SOMEBODY = Rights(can_spend=True, spending_limit=-1)
CAREFUL = Rights(can_spend=True, spending_limit=AT_MOST)
DAILY = Rights(can_spend=True, spending_limit=-1, period_limit={"period": "day", "limit": A_DAY})


@pytest.fixture
def people() -> list[Person]:
    """Two who found the families, and three with rights on their accounts."""
    return [new_person() for _ in range(5)]


@pytest.fixture
def account_ids(people: list[Person]) -> list[str]:
    """The families' accounts, with tokens; all of the people hold all of them."""
    found = []
    for number in range(ACCOUNTS):
        founder = people[number % 2]
        family = new_family(founder, f"Larks {number}")
        for each in people:
            if each != founder:
                members.join(family["_id"], each.id, actor=TESTS, now=clock.now())
        admins.promote(family["_id"], people[1 - number % 2].id, actor=founder.actor, now=clock.now())
        for each, rights in zip(people[2:], (SOMEBODY, CAREFUL, DAILY), strict=True):
            deeds.set_rights(family["account_id"], each, rights, by=founder, now=clock.now())
        issue(family["account_id"], TOKENS)
        found.append(str(family["account_id"]))
    return found


@pytest.mark.long
@pytest.mark.scaled
def test_no_token_is_lost_and_no_limit_passed_on_hot_accounts(
    people: list[Person], account_ids: list[str]
) -> None:
    names = [account_by_id(each)["username"] for each in account_ids]
    began = time.monotonic()

    calls = [partial(_spend, number, people[number % 5], names) for number in range(THREADS)]
    outcomes = sum(at_once(calls), Counter[str]())

    took = time.monotonic() - began
    print(  # noqa: T201  # figures to read
        f"\nhot accounts: {outcomes['done'] / took:.0f} spends/s of {outcomes.total() / took:.0f} calls/s, "
        f"{dict(outcomes)}"
    )
    assert ledger_checker.faults() == []
    assert ledger_checker.total() == ACCOUNTS * TOKENS
    made = [each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "send"]
    assert len(made) == outcomes["done"]
    assert outcomes["done"] + _refusals(outcomes) == THREADS * SPENDS
    assert outcomes.keys() <= {"done", *deeds.REPEATED, "SPENDING_LIMIT_EXCEEDED", "INSUFFICIENT_BALANCE"}
    careful = people[3].id
    assert (
        max((each["postings"][1]["amount"] for each in made if each["actor"] == careful), default=0)
        <= AT_MOST
    )
    _assert_daily(people[4], account_ids)


def _spend(number: int, person: Person, names: list[str]) -> Counter[str]:
    """Spend again and again, each with a key; who is told to repeat, does so, and it is counted."""
    random = Random(number)  # noqa: S311  # which spends these are is no secret
    outcomes: Counter[str] = Counter()
    for each in range(SPENDS):
        source, to = random.sample(names, 2)
        pay = partial(deeds.send, to, random.choice(AMOUNTS), by=person, source=source)
        deeds.insist(f"key-{number}-{each}", pay, by=person, outcomes=outcomes)
    return outcomes


def _refusals(outcomes: Counter[str]) -> int:
    return outcomes["SPENDING_LIMIT_EXCEEDED"] + outcomes["INSUFFICIENT_BALANCE"]


def _assert_daily(daily: Person, account_ids: list[str]) -> None:
    """Sum what was spent a day of each account, whatever the running total says."""
    spent: Counter[tuple[str, str]] = Counter()
    for each in documents("sbd_entries")["sbd_entries"]:
        if each["actor"]["user_id"] == daily.id and each["amount"] < 0:
            spent[each["account"], each["at"].date().isoformat()] -= each["amount"]
    assert all(each <= A_DAY for each in spent.values())
    today = period_key("day", clock.now())
    for account_id in account_ids:
        (holder,) = [each for each in account_by_id(account_id)["holders"] if each["user_id"] == daily.id]
        counted = holder["period"] or {"key": today, "spent": 0}
        assert counted["spent"] == spent[account_id, counted["key"]]
