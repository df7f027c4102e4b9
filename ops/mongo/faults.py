"""What an error of the driver means: lost to somebody else, the database is away, or it took too long.

A write conflict is not "away": the database answered, and says that somebody was quicker.

Source: MongoDB's error codes for retryable writes and error labels of transactions (drivers'
specifications), HTTP contract, section 2.2.
"""

from collections.abc import Iterator

from pymongo import errors

CAUSES_SEARCHED = 8
TRANSIENT = "TransientTransactionError"
# Shutdown and stepping down, a majority that does not confirm, a node that is catching up.
AWAY_CODES = frozenset({6, 7, 64, 89, 91, 100, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})
# The server's own words for "took longer than the client gave it".
TIMEOUT_CODES = frozenset({50, 202})


def is_transient(error: BaseException, *, handled: BaseException | None = None) -> bool:
    """Tell whether the same transaction may succeed when it is run again from its beginning.

    ``handled``: an exception that was being handled before the transaction began. Python hangs it behind
    each new one, and it says nothing about this transaction.
    """
    return any(each.has_error_label(TRANSIENT) for each in _causes(error, handled))


def is_unavailable(error: BaseException, *, handled: BaseException | None = None) -> bool:
    """Tell whether an error, or what caused it, says that the database cannot be reached or written."""
    return any(_is_away(each) or _is_late(each) for each in _causes(error, handled))


def is_timeout(error: BaseException, *, handled: BaseException | None = None) -> bool:
    """Tell whether somebody waited for the database until their time was over."""
    return any(_is_late(each) for each in _causes(error, handled))


def _causes(error: BaseException, handled: BaseException | None) -> Iterator[errors.PyMongoError]:
    cause: BaseException | None = error
    for _ in range(CAUSES_SEARCHED):
        if cause is None or cause is handled:
            return
        if isinstance(cause, errors.PyMongoError):
            yield cause
        cause = cause.__cause__ or cause.__context__


def _is_away(error: errors.PyMongoError) -> bool:
    return isinstance(error, errors.ConnectionFailure) or getattr(error, "code", None) in AWAY_CODES


def _is_late(error: errors.PyMongoError) -> bool:
    return error.timeout or getattr(error, "code", None) in TIMEOUT_CODES
