"""What an error of the driver means: the database is away, or it took too long.

Source: MongoDB's error codes for retryable writes (drivers' specification), HTTP contract, section 2.2.
"""

from collections.abc import Iterator

from pymongo import errors

CAUSES_SEARCHED = 8
# Shutdown and stepping down, a majority that does not confirm, a node that is catching up.
AWAY_CODES = frozenset({6, 7, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})
# The server's own words for "took longer than the client gave it".
TIMEOUT_CODES = frozenset({50, 202})
AWAY = (
    errors.AutoReconnect,
    errors.ServerSelectionTimeoutError,
    errors.WaitQueueTimeoutError,
    errors.ConnectionFailure,
)


def is_unavailable(error: BaseException) -> bool:
    """Tell whether an error, or what caused it, says that the database cannot be reached or written."""
    return any(_is_away(each) or _is_late(each) for each in _causes(error))


def is_timeout(error: BaseException) -> bool:
    """Tell whether somebody waited for the database until their time was over."""
    return any(_is_late(each) for each in _causes(error))


def _causes(error: BaseException) -> Iterator[errors.PyMongoError]:
    cause: BaseException | None = error
    for _ in range(CAUSES_SEARCHED):
        if cause is None:
            return
        if isinstance(cause, errors.PyMongoError):
            yield cause
        cause = cause.__cause__ or cause.__context__


def _is_away(error: errors.PyMongoError) -> bool:
    return isinstance(error, AWAY) or getattr(error, "code", None) in AWAY_CODES


def _is_late(error: errors.PyMongoError) -> bool:
    late = isinstance(error, errors.ServerSelectionTimeoutError) or error.timeout
    return late or getattr(error, "code", None) in TIMEOUT_CODES
