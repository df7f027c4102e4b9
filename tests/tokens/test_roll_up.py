"""Adding up the accounts that everybody posts to. Source: design, section 5 (posting-only accounts)."""

from datetime import timedelta

import pytest

from ops import clock
from ops.mongo.collections import Document, control_collection
from tests.factories import Person
from tests.races import at_once
from tests.tokens.damage import ENTRIES, SYSTEM_ID, Books, forge, stored
from tests.tokens.funds import account_by_id, account_of, issue
from tokens import tasks
from tokens.actions import upkeep
from tokens.ledger import rolling_up

SETTLED = timedelta(seconds=60)
# What the books have issued: to Ann, to her family, to Carl's.
ISSUED = 100 + 50 + 7


def system() -> Document:
    return account_by_id(SYSTEM_ID)


def test_what_was_issued_is_taken_off_once_it_is_settled(person: Person) -> None:
    posted = issue(account_of(person)["_id"], 100)
    at = posted.transaction["at"]

    before = upkeep.roll_up(now=at + SETTLED - timedelta(milliseconds=1)), system()["balance"]
    then = upkeep.roll_up(now=at + SETTLED), system()["balance"]
    again = upkeep.roll_up(now=at + 2 * SETTLED), system()["balance"]

    assert (before, then, again) == ((0, 0), (1, -100), (0, -100))
    entry = f"{SYSTEM_ID}:{posted.transaction['_id']}"
    assert system()["rolled_up"] == {"at": at, "entry": entry}
    assert stored(ENTRIES, entry)["amount"] == -100


def test_accounts_of_people_are_left_alone(books: Books) -> None:
    before = account_by_id(books.ann)

    upkeep.roll_up(now=clock.now() + SETTLED)

    assert account_by_id(books.ann) == before
    assert (system()["seq"], system()["version"], system()["last_at"]) == (0, 1, None)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_page_by_page_each_entry_is_added_once_also_of_one_moment(
    books: Books, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(rolling_up, "ENTRIES_AT_ONCE", most)
    for _ in range(5):
        books.issue(books.ann, 1, minute=20)

    assert system()["balance"] == -ISSUED
    assert upkeep.roll_up(now=clock.now()) == 5
    assert system()["balance"] == -ISSUED - 5


@pytest.mark.race
def test_jobs_at_once_add_each_entry_once(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling_up, "ENTRIES_AT_ONCE", 2)
    for minute in range(20, 29):
        books.issue(books.ann, 1, minute=minute)

    added = at_once([lambda: upkeep.roll_up(now=clock.now())] * 4)

    assert (sum(added), system()["balance"]) == (9, -ISSUED - 9)


def test_an_entry_as_old_as_a_job_may_make_it_is_not_left_out(books: Books) -> None:
    """A job takes its time once, and may commit 45 s later; by then younger entries are there."""
    now = clock.now()
    minute = (now - books.began_at) / timedelta(minutes=1)
    books.issue(books.ann, 1, minute=minute)
    upkeep.roll_up(now=now + timedelta(seconds=45))
    books.issue(books.ann, 2, minute=minute - 0.01)

    upkeep.roll_up(now=now + SETTLED)

    assert system()["balance"] == -ISSUED - 3


def test_the_job_leaves_a_heartbeat(books: Books) -> None:
    books.issue(books.ann, 1, minute=90)

    assert tasks.roll_up() == 1
    beat = control_collection("heartbeats").find_one({"_id": "tokens.ledger.roll_up"})
    assert beat is not None
    assert beat["error"] is None


def test_of_a_payment_between_people_the_system_has_nothing(books: Books) -> None:
    forge([(books.ann, -1), (books.bob, 1)], at=books.at(80))

    assert upkeep.roll_up(now=clock.now()) == 0
