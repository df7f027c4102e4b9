"""Verifying a sound ledger, a part of one, and in slices."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from ops.mongo.collections import Document, collection
from tests import commands
from tests.tokens.damage import ACCOUNTS, ENTRIES, SYSTEM_ID, Books, change, checked, forge, named, remove
from tokens.actions.checking import Progress, Scope
from tokens.ledger import reading, verifying
from tokens.ledger.posting import entry_id
from tokens.ledger.verifying import Phase

pytestmark = pytest.mark.usefixtures("_forgotten")


@pytest.fixture(params=[1, 2, 3])
def _small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read so few at a time that every figure has to be carried on."""
    monkeypatch.setattr(reading, "PAGE", request.param)
    monkeypatch.setattr(verifying, "ACCOUNTS_AT_ONCE", request.param)


def in_slices(progress: Progress) -> Iterator[Progress]:
    """Verify with a new process after each step, which knows what was kept and no more."""
    while progress.phase != Phase.DONE:
        for _ in verifying.steps(progress):
            break
        progress = Progress.from_document(kept(progress.to_document()))
        yield progress


def kept(document: Document) -> Document:
    """Return a document as MongoDB returns it."""
    with commands.unwatched():
        database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
        stored = database.kept_by_tests
        stored.replace_one({"_id": 1}, document, upsert=True)
        found = stored.with_options(collection(ACCOUNTS).raw.codec_options).find_one({}, {"_id": 0})
        stored.drop()
    return dict(found)


def figures(progress: Progress) -> tuple[int, int, int]:
    return progress.accounts, progress.entries, progress.transactions


def test_a_sound_ledger_is_found_sound_and_whole() -> None:
    Books()

    progress = checked()

    assert named(progress) == {}
    # Of three people, two families, and the system's two; ten transactions of two entries each.
    assert figures(progress) == (7, 20, 10)
    assert progress.phase == Phase.DONE


def test_a_ledger_without_anything_is_sound() -> None:
    progress = checked()

    assert (named(progress), figures(progress)) == ({}, (2, 0, 0))


@pytest.mark.usefixtures("_small")
def test_page_by_page_and_slice_by_slice_the_same_is_found(books: Books) -> None:
    change(ENTRIES, entry_id(books.bob, 2), balance_after=36)
    change(ACCOUNTS, SYSTEM_ID, balance=0)
    remove(ACCOUNTS, books.carl)
    whole = checked()

    *_, sliced = in_slices(Progress())

    assert named(whole).keys() == {"BALANCE_AFTER", "ROLLED_UP", "ACCOUNT"}
    assert (named(sliced), sliced.findings.broken) == (named(whole), whole.findings.broken)
    assert figures(sliced) == figures(whole) == (6, 20, 10)


@pytest.mark.usefixtures("_small")
def test_what_is_paid_between_two_slices_is_no_fault(books: Books) -> None:
    for minute, progress in enumerate(in_slices(Progress()), start=80):  # noqa: B007  # the last one counts
        if minute < 90:  # whoever pays after each step is never caught up with
            forge([(books.ann, -1), (books.bob, 1)], at=books.at(minute))

    assert named(progress) == {}
    assert minute > 90
    assert named(checked()) == {}


def test_of_one_account_its_entries_and_transactions_are_verified(books: Books) -> None:
    change(ENTRIES, entry_id(books.bob, 2), amount=6)
    change(ACCOUNTS, books.carl, balance=8)

    assert named(checked(Scope(account=books.ann))) == {}
    assert figures(checked(Scope(account=books.ann))) == (1, 6, 6)
    assert named(checked(Scope(account=books.family))).keys() == {"AGREEMENT"}
    assert named(checked(Scope(account=books.bob))).keys() == {"AGREEMENT", "BALANCE_AFTER", "BALANCE"}
    assert named(checked(Scope(account=SYSTEM_ID))) == {}


def test_since_a_time_only_what_came_then_is_verified(books: Books) -> None:
    change(ENTRIES, entry_id(books.ann, 2), balance_after=71)

    since = checked(Scope(since=books.at(35)))

    assert named(since) == {}
    # Ann and Bob have two entries each since then, and what the system has is always added up whole.
    assert figures(since) == (4, 2 * 2 + 3, 2)
    assert named(checked(Scope(since=books.at(2)))).keys() == {"BALANCE_AFTER"}
    assert named(checked(Scope(since=books.at(35), account=books.ann))) == {}
    assert named(checked(Scope(account=books.ann))).keys() == {"BALANCE_AFTER"}


def test_a_ledger_that_is_broken_throughout_is_told_of_by_its_first_findings(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokens.ledger.invariants.MOST_KEPT", 3)
    for number in range(1, 7):
        change(ENTRIES, entry_id(books.ann, number), kind="gift")

    found = checked().findings

    assert (len(found.kept), found.broken) == (3, {"postings_and_entries_agree": 6})
