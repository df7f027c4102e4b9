"""Ways in which the ledger can be changed past the product: each changes it, and returns what is to be named.

What is named besides follows from it. Source: design, section 5 (invariants).
"""

from collections.abc import Callable

from ops.mongo.collections import collection
from tests.tokens.damage import (
    ACCOUNTS,
    ENTRIES,
    SYSTEM_ID,
    TRANSACTIONS,
    Books,
    Named,
    change,
    forge,
    remove,
    stored,
)
from tokens.ledger.posting import entry_id
from tokens.rules import Kind

Damage = Callable[[Books], Named]


def a_posting_is_edited(books: Books) -> Named:
    change(TRANSACTIONS, books.transfer, postings__0__amount=-6)
    return {"POSTINGS": {books.transfer}, "AGREEMENT": {books.transfer, entry_id(books.family, 3)}}


def both_postings_are_edited(books: Books) -> Named:
    change(TRANSACTIONS, books.sent, postings__0__amount=-31, postings__1__amount=31)
    return {
        "AGREEMENT": {books.sent, entry_id(books.ann, 2), entry_id(books.bob, 1)},
        "MIRROR": {books.reversal, books.sent},
    }


def a_posting_is_gone(books: Books) -> Named:
    change(TRANSACTIONS, books.transfer, postings=[{"account": books.family, "amount": -5}])
    return {"POSTINGS": {books.transfer}, "AGREEMENT": {entry_id(books.bob, 2)}}


def both_postings_are_on_one_account(books: Books) -> Named:
    change(TRANSACTIONS, books.transfer, postings__1__account=books.family)
    return {"POSTINGS": {books.transfer}, "AGREEMENT": {books.transfer, entry_id(books.bob, 2)}}


def postings_have_fractions(books: Books) -> Named:
    change(TRANSACTIONS, books.transfer, postings__0__amount=-5.0, postings__1__amount=5.0)
    return {"POSTINGS": {books.transfer}}


def a_transaction_is_gone(books: Books) -> Named:
    remove(TRANSACTIONS, books.transfer)
    return {"AGREEMENT": {books.transfer, entry_id(books.family, 3), entry_id(books.bob, 2)}}


def a_transaction_has_no_entries(books: Books) -> Named:
    remove(ENTRIES, entry_id(books.family, 3), entry_id(books.bob, 2))
    return {
        "AGREEMENT": {books.transfer},
        "NUMBERS": {books.family, entry_id(books.family, 2), books.bob, entry_id(books.bob, 3)},
        "BALANCE_AFTER": {entry_id(books.bob, 3)},
        "BALANCE": {books.family, books.bob, entry_id(books.family, 2)},
        "LAST_AT": {books.family, entry_id(books.family, 2)},
    }


def an_entry_is_of_another_amount(books: Books) -> Named:
    change(ENTRIES, entry_id(books.bob, 2), amount=6)
    return {
        "AGREEMENT": {books.transfer, entry_id(books.bob, 2)},
        "BALANCE_AFTER": {entry_id(books.bob, 2)},
        "BALANCE": {books.bob},
    }


def an_entry_has_a_fraction(books: Books) -> Named:
    change(ENTRIES, entry_id(books.family, 3), amount=-5.5)
    return {
        "SHAPE": {entry_id(books.family, 3)},
        "AGREEMENT": {books.transfer, entry_id(books.family, 3)},
        "BALANCE": {books.family, entry_id(books.family, 3)},
        "LAST_AT": {books.family, entry_id(books.family, 3)},
    }


def an_entry_is_of_another_kind(books: Books) -> Named:
    change(ENTRIES, entry_id(books.bob, 2), kind="send")
    return {"AGREEMENT": {books.transfer, entry_id(books.bob, 2)}}


def an_entry_is_of_another_account(books: Books) -> Named:
    change(ENTRIES, entry_id(books.bob, 2), account=books.ann)
    return {
        "NUMBERS": {entry_id(books.bob, 2)},
        "AGREEMENT": {books.transfer, entry_id(books.bob, 2)},
    }


def an_entry_is_gone(books: Books) -> Named:
    remove(ENTRIES, entry_id(books.bob, 2))
    return {
        "AGREEMENT": {books.transfer},
        "NUMBERS": {books.bob, entry_id(books.bob, 3)},
        "BALANCE_AFTER": {entry_id(books.bob, 3)},
        "BALANCE": {books.bob},
    }


def an_entry_is_there_twice(books: Books) -> Named:
    twin = {**stored(ENTRIES, entry_id(books.ann, 2)), "_id": entry_id(books.ann, 99), "seq": 99}
    collection(ENTRIES).insert(twin)
    twins = {entry_id(books.ann, 2), entry_id(books.ann, 99)}
    return {"AGREEMENT": {books.sent, *twins}, "NUMBERS": {books.ann, entry_id(books.ann, 99)}}


def a_number_is_left_out(books: Books) -> Named:
    last = stored(ENTRIES, entry_id(books.ann, 6))
    remove(ENTRIES, last["_id"])
    collection(ENTRIES).insert({**last, "_id": entry_id(books.ann, 8), "seq": 8})
    change(ACCOUNTS, books.ann, seq=8)
    return {"NUMBERS": {books.ann, entry_id(books.ann, 8)}}


def an_entry_says_another_number(books: Books) -> Named:
    change(ENTRIES, entry_id(books.ann, 3), seq=4)
    return {"NUMBERS": {entry_id(books.ann, 3)}}


def an_account_says_another_number(books: Books) -> Named:
    change(ACCOUNTS, books.ann, seq=7)
    return {"NUMBERS": {books.ann, entry_id(books.ann, 6)}}


def an_account_says_another_balance(books: Books) -> Named:
    change(ACCOUNTS, books.ann, balance=88)
    return {"BALANCE": {books.ann, entry_id(books.ann, 6)}}


def an_account_is_of_no_shape(books: Books) -> Named:
    change(ACCOUNTS, books.ann, balance=87.5)
    return {"SHAPE": {books.ann}}


def an_entry_says_another_balance(books: Books) -> Named:
    change(ENTRIES, entry_id(books.bob, 2), balance_after=36)
    return {"BALANCE_AFTER": {entry_id(books.bob, 2)}}


def the_last_entry_says_another_balance(books: Books) -> Named:
    change(ENTRIES, entry_id(books.bob, 5), balance_after=9)
    return {"BALANCE_AFTER": {entry_id(books.bob, 5)}, "BALANCE": {books.bob, entry_id(books.bob, 5)}}


def a_balance_is_below_zero(books: Books) -> Named:
    forge([(books.ann, -88), (books.bob, 88)], at=books.at(80))
    return {"NOT_BELOW_ZERO": {books.ann, entry_id(books.ann, 7)}}


def a_balance_was_below_zero(books: Books) -> Named:
    forge([(books.ann, -88), (books.bob, 88)], at=books.at(80))
    forge([(books.ann, 88), (books.bob, -88)], at=books.at(81))
    return {"NOT_BELOW_ZERO": {books.ann, entry_id(books.ann, 7)}}


def something_is_debited_while_frozen(books: Books) -> Named:
    change(TRANSACTIONS, books.returned, at=books.at(50))
    for account, number in ((books.bob, 5), (books.ann, 6)):
        change(ENTRIES, entry_id(account, number), at=books.at(50))
        change(ACCOUNTS, account, last_at=books.at(50))
    return {"FROZEN": {books.bob, entry_id(books.bob, 5)}}


def something_is_credited_after_closing(books: Books) -> Named:
    forge([(books.ann, -3), (books.closed, 3)], at=books.at(80))
    return {"CLOSED": {books.closed, entry_id(books.closed, 3)}}


def a_reversal_does_not_mirror(books: Books) -> Named:
    back = [(books.bob, -2), (books.family, 2)]
    half = forge(back, at=books.at(80), kind=Kind.REVERSAL, reverses=books.transfer)
    return {"MIRROR": {half, books.transfer}}


def a_reversal_is_reversed(books: Books) -> Named:
    forth = [(books.bob, 30), (books.ann, -30)]
    again = forge(forth, at=books.at(80), kind=Kind.REVERSAL, reverses=books.reversal)
    return {"MIRROR": {again, books.reversal}}


def a_reversal_is_of_nothing(books: Books) -> Named:
    change(TRANSACTIONS, books.reversal, reverses="txn_gone")
    return {"MIRROR": {books.reversal, "txn_gone"}}


def a_reversal_names_nothing(books: Books) -> Named:
    change(TRANSACTIONS, books.reversal, reverses=None)
    return {"MIRROR": {books.reversal}}


def time_runs_backwards(books: Books) -> Named:
    change(ENTRIES, entry_id(books.ann, 3), at=books.at(2))
    return {"TIME": {entry_id(books.ann, 3)}}


def an_entry_is_later_than_its_transaction(books: Books) -> Named:
    change(ENTRIES, entry_id(books.bob, 2), at=books.at(5.5))
    entries = {entry_id(books.family, 3), entry_id(books.bob, 2)}
    return {"AGREEMENT": {books.transfer, *entries}}


def an_account_says_another_last_time(books: Books) -> Named:
    change(ACCOUNTS, books.ann, last_at=books.at(71))
    return {"LAST_AT": {books.ann, entry_id(books.ann, 6)}}


def an_account_is_gone(books: Books) -> Named:
    remove(ACCOUNTS, books.carl)
    return {"ACCOUNT": {entry_id(books.carl, 1)}}


def an_entry_is_of_nothing(books: Books) -> Named:
    alone = {**stored(ENTRIES, entry_id(books.ann, 1)), "transaction": "txn_none", "account": "acc_none"}
    collection(ENTRIES).insert({**alone, "_id": entry_id("acc_none", 1)})
    return {"ACCOUNT": {entry_id("acc_none", 1)}, "AGREEMENT": {entry_id("acc_none", 1), "txn_none"}}


def a_rolled_up_balance_is_wrong(_books: Books) -> Named:
    system = stored(ACCOUNTS, SYSTEM_ID)
    change(ACCOUNTS, SYSTEM_ID, balance=system["balance"] - 1)
    return {"ROLLED_UP": {SYSTEM_ID, system["rolled_up"]["entry"]}}


def a_rolled_up_entry_came_too_late(books: Books) -> Named:
    system = stored(ACCOUNTS, SYSTEM_ID)
    books.issue(books.ann, 1, minute=1.5)
    return {"ROLLED_UP": {SYSTEM_ID, system["rolled_up"]["entry"]}}


DAMAGES: tuple[Damage, ...] = (
    a_posting_is_edited,
    both_postings_are_edited,
    a_posting_is_gone,
    both_postings_are_on_one_account,
    postings_have_fractions,
    a_transaction_is_gone,
    a_transaction_has_no_entries,
    an_entry_is_of_another_amount,
    an_entry_has_a_fraction,
    an_entry_is_of_another_kind,
    an_entry_is_of_another_account,
    an_entry_is_gone,
    an_entry_is_there_twice,
    a_number_is_left_out,
    an_entry_says_another_number,
    an_account_says_another_number,
    an_account_says_another_balance,
    an_account_is_of_no_shape,
    an_entry_says_another_balance,
    the_last_entry_says_another_balance,
    a_balance_is_below_zero,
    a_balance_was_below_zero,
    something_is_debited_while_frozen,
    something_is_credited_after_closing,
    a_reversal_does_not_mirror,
    a_reversal_is_reversed,
    a_reversal_is_of_nothing,
    a_reversal_names_nothing,
    time_runs_backwards,
    an_entry_is_later_than_its_transaction,
    an_account_says_another_last_time,
    an_account_is_gone,
    an_entry_is_of_nothing,
    a_rolled_up_balance_is_wrong,
    a_rolled_up_entry_came_too_late,
)
