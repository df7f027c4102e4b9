"""A ledger that was changed past the product: each way is found, named, and nothing else is.

Source: design, section 5 (invariants).
"""

from collections.abc import Iterator

import pytest
from django.db import connection

from ops.mongo import indexes
from tests import commands
from tests.tokens.damage import Books, checked, forge, named
from tests.tokens.damages import DAMAGES, Damage
from tokens.rules import Kind

pytestmark = pytest.mark.usefixtures("_forgotten")


@pytest.fixture
def _without_unique_indexes() -> Iterator[None]:
    """Let the server keep nothing unique among transactions."""
    with commands.unwatched():
        transactions = connection.database.sbd_transactions  # type: ignore[attr-defined]  # the engine's
        for name in ("key_1", "reverses_1"):
            transactions.drop_index(name)
        yield
        transactions.delete_many({})
        indexes.create_missing()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_was_damaged_is_named_and_nothing_else(books: Books, damage: Damage) -> None:
    expected = damage(books)

    progress = checked()

    assert named(progress) == expected
    assert set(progress.findings.broken) == {str(each.invariant) for each in progress.findings.kept}


@pytest.mark.usefixtures("_without_unique_indexes")
def test_without_the_index_a_second_transaction_of_a_key_is_found(books: Books) -> None:
    second = forge([(books.ann, -1), (books.bob, 1)], at=books.at(80), key="first")

    assert named(checked()) == {"ONE_OF_A_KEY": {books.first, second}}


@pytest.mark.usefixtures("_without_unique_indexes")
def test_without_the_index_a_second_reversal_is_found(books: Books) -> None:
    back = [(books.ann, 30), (books.bob, -30)]
    second = forge(back, at=books.at(80), kind=Kind.REVERSAL, reverses=books.sent)

    found = named(checked())

    assert found["ONE_REVERSAL"] == {books.reversal, second}
    assert set(found) == {"ONE_REVERSAL", "NOT_BELOW_ZERO"}  # Bob had given the tokens back already


@pytest.mark.usefixtures("_without_unique_indexes")
def test_without_the_indexes_a_sound_ledger_is_sound(books: Books) -> None:
    forge([(books.ann, -1), (books.bob, 1)], at=books.at(80), key="second")

    assert named(checked()) == {}
