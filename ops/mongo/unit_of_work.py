"""The unit of work: all of a change, or nothing of it, whatever fails.

A decorator, since a transient fault runs the body again; so the body touches only the database and
leaves every other effect to ``on_commit``. A unit inside a unit joins it: MongoDB has no savepoints.

The invariant. Whatever the network, the server, other writers or the body do, a decorated function ends in
one of three ways:

1. It returns. The writes of exactly one run of the body are committed by a majority; then, not before, the
   effects of that run were called, each once, also when one before it failed.
2. It raises ``CommitOutcomeUnknownError``. All writes of one run are there, or none; no effect was called.
3. It raises anything else. Nothing is written, no effect was called. (An interruption from outside the
   program, a signal, at the very moment of the commit leaves the second case under its own name.)

And in all of them:

4. The body only ever ran on one snapshot, that no other unit had changed in what it wrote.
5. A failure in a joined part undoes the whole, even if somebody caught it.
6. The thread has no unit and no session, and can begin the next at once; nor has the server a transaction
   that holds documents: at the latest when it can be reached again, or after its own limit of 5 s.
7. It took no longer than its own time or the caller's deadline, whichever is less, and the last attempt's
   ``sessions.ABORT_SECONDS``; the effects come after that.

``tests/ops/mongo`` tries to break each of these. Source: design, section 5; MongoDB's transactions
specification (error labels).
"""

import functools
import inspect
import random
import sys
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import pymongo
from django.db import connections
from django.db.utils import DatabaseError
from pymongo.errors import PyMongoError, WriteConcernError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from ops import deadline
from ops.errors import ConflictError, ServiceUnavailableError
from ops.logs import logger
from ops.mongo import faults, turns
from ops.mongo.breaker import breaker
from ops.mongo.engine import sessions

P = ParamSpec("P")
R = TypeVar("R")

SECONDS = 3.0
BACKOFF_FIRST, BACKOFF_MOST = 0.002, 0.1  # seconds; full jitter between nothing and the step
# With less than this left no commit is sent: what cannot be waited for would be unknown for ever.
COMMIT_SECONDS = 0.1
# An attempt that had less than this and came too late says nothing about the database's health.
SHORT_SECONDS = 1.0
# Kinds of functions that only return something to be run; their body would find no unit open.
RUN_LATER = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
UNKNOWN = "UnknownTransactionCommitResult"
# What has to be passed before a unit begins; the app enters it, since this module knows of none.
_gates: list[Callable[[], None]] = []

log = logger(__name__)


class CommitOutcomeUnknownError(DatabaseError):
    """The commit was sent and never answered: it may have happened. Look before you repeat."""


class HalfDoneError(RuntimeError):
    """A joined part failed and its caller went on: what it wrote cannot be undone alone, so all goes."""


class UnitGaveUpError(ConflictError):
    """Others kept winning until the unit's time was over; nothing was written, repeating is safe."""


class UnitTooLateError(ServiceUnavailableError):
    """The time was over before the unit could begin, or commit; nothing was written."""


def guard(gate: Callable[[], None]) -> None:
    """Let every unit pass ``gate`` before it begins; what it raises is the caller's refusal."""
    _gates.append(gate)


def unit_of_work(*, seconds: float = SECONDS) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function one transaction: snapshot reads, majority writes, at most ``seconds`` long.

    Inside an open unit the function joins that one, and that one's time holds.

    The decorated function raises, besides its own refusals:
        UnitGaveUpError: a conflict outlasted the unit's time; nothing was written.
        UnitTooLateError: the caller's or the unit's time was over; nothing was written.
        CommitOutcomeUnknownError: the commit's answer was lost and stayed so.
    """

    def decorate(body: Callable[P, R]) -> Callable[P, R]:
        if any(runs_later(body) for runs_later in RUN_LATER):
            msg = f"{body.__qualname__} would run after its unit of work has ended"
            raise TypeError(msg)

        @functools.wraps(body)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if is_open():
                return _joined(functools.partial(body, *args, **kwargs))
            with deadline.within(seconds), pymongo.timeout(_time_left()), turns.given_back():
                for gate in _gates:
                    gate()
                return _run(functools.partial(body, *args, **kwargs))

        return run

    return decorate


def is_open() -> bool:
    """Tell whether a unit of work is open on this thread."""
    return bool(_connection().in_atomic_block_mongo)


def on_commit(effect: Callable[[], object]) -> None:
    """Run ``effect`` once, after the commit; at once when no unit is open.

    A failing effect is logged and does not undo what is committed. It must not wait for anything: the
    caller has no answer yet.
    """
    _connection().on_commit(effect, robust=True)


def _connection() -> Any:
    return connections["default"]


def _joined(body: Callable[[], R]) -> R:
    """Run the body as part of the open unit; a failure dooms the whole, even if somebody catches it."""
    try:
        return body()
    except BaseException as error:
        _connection().doomed_by = error
        raise


def _run(body: Callable[[], R]) -> R:
    """Attempt until the body is committed, refused, or its time is over."""
    connection = _connection()
    handled = sys.exception()
    attempt, conflicted = 0, False
    while True:
        breaker.check()
        given = deadline.remaining() or 0.0
        try:
            result = _attempt(connection, body)
            break
        except CommitOutcomeUnknownError:
            raise
        except turns.NotYourTurnError as waiting:
            turns.wait_for(waiting.stripes)
            conflicted = True
            continue
        except BaseException as error:
            late = isinstance(error, UnitTooLateError) or faults.is_timeout(error, handled=handled)
            if late and conflicted and given < SHORT_SECONDS:
                raise UnitGaveUpError from error
            if not faults.is_transient(error, handled=handled):
                raise
            away = faults.is_unavailable(error, handled=handled)
            if _is_nearly_over():
                if away:
                    raise  # nobody won: the database is away
                raise UnitGaveUpError from error
            conflicted = conflicted or not away
        attempt += 1
        _pause(attempt)
    _finish(connection)
    return result


def _attempt(connection: Any, body: Callable[[], R]) -> R:
    """Run the body and commit it; on any failure leave nothing behind."""
    committing = False
    try:
        _begin(connection)
        result = body()
        _refuse_the_doomed(connection)
        _time_left(COMMIT_SECONDS)
        committing = True
        _commit(connection)
    except BaseException as error:
        _discard(connection, kill=committing or faults.is_unavailable(error))
        raise
    return result


def _refuse_the_doomed(connection: Any) -> None:
    if connection.doomed_by is not None:
        raise HalfDoneError from connection.doomed_by


def _begin(connection: Any) -> None:
    connection.ensure_connection()
    if connection.session is not None:
        msg = "a session was left behind on this thread"
        raise RuntimeError(msg)
    connection.session = connection.connection.start_session(causal_consistency=True)
    connection.session.start_transaction(
        read_concern=ReadConcern("snapshot"),
        write_concern=WriteConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )
    connection.in_atomic_block_mongo = True
    connection.nested_atomics = 0
    connection.run_on_commit = []
    connection.doomed_by = None


def _commit(connection: Any) -> None:
    """Commit; an unknown result is asked for again, since a commit can be sent twice."""
    attempt = 0
    while True:
        try:
            connection.session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label(UNKNOWN):
                if isinstance(error, WriteConcernError):
                    # Committed by the primary; whether a majority keeps it, nobody can say.
                    raise CommitOutcomeUnknownError(str(error)) from error
                raise
            if _is_nearly_over():
                raise CommitOutcomeUnknownError(str(error)) from error
            attempt += 1
            _pause(attempt)
        else:
            return


def _discard(connection: Any, *, kill: bool) -> None:
    """Leave neither a session on the thread nor a transaction that holds documents on the server."""
    session = _release(connection)
    if session is not None:
        sessions.end(connection.connection, session, kill=kill)


def _finish(connection: Any) -> None:
    effects = connection.run_on_commit
    session = _release(connection)
    session.end_session()
    for _, effect, _ in effects:
        try:
            effect()
        except Exception:
            log.exception("after-commit effect failed")


def _release(connection: Any) -> Any:
    session, connection.session = connection.session, None
    connection.in_atomic_block_mongo = False
    connection.nested_atomics = 0
    connection.run_on_commit = []
    connection.doomed_by = None
    return session


def _time_left(needed: float = 0.0) -> float:
    """Return the seconds that are left.

    Raises:
        UnitTooLateError: no more than ``needed``.
    """
    left = deadline.remaining() or 0.0
    if left <= needed:
        raise UnitTooLateError("There was not enough time for it.")
    return left


def _is_nearly_over() -> bool:
    """Tell whether another attempt would hardly be begun."""
    return (deadline.remaining() or 0.0) <= BACKOFF_MOST


def _pause(attempt: int) -> None:
    step = min(BACKOFF_MOST, BACKOFF_FIRST * 1.5 ** min(attempt, 12))
    time.sleep(random.uniform(0, step))  # noqa: S311  # jitter, not a secret
