"""The unit of work: all of a change, or nothing of it, whatever fails.

A decorator, since a transient fault runs the body again; so the body touches only the database and
leaves every other effect to ``on_commit``. A unit inside a unit joins it: MongoDB has no savepoints.

Source: design, section 5; MongoDB's transactions specification (error labels).
"""

import contextvars
import functools
import random
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import pymongo
from django.db import connections
from django.db.utils import DatabaseError
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from ops import deadline
from ops.errors import ConflictError
from ops.logs import logger
from ops.mongo import faults
from ops.mongo.breaker import breaker

P = ParamSpec("P")
R = TypeVar("R")

SECONDS = 3.0
ABORT_SECONDS = 0.2
BACKOFF_FIRST, BACKOFF_MOST = 0.002, 0.1  # seconds; full jitter between nothing and the step
CAUSES_SEARCHED = 8
TRANSIENT, UNKNOWN = "TransientTransactionError", "UnknownTransactionCommitResult"

log = logger(__name__)


class CommitOutcomeUnknownError(DatabaseError):
    """The commit was sent and never answered: it may have happened. Look before you repeat."""


class HalfDoneError(RuntimeError):
    """A joined unit failed and its caller went on: what it wrote cannot be undone alone, so all goes."""


class UnitGaveUpError(ConflictError):
    """Others kept winning until the unit's time was over; nothing was written, repeating is safe."""


def unit_of_work(*, seconds: float = SECONDS) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function one transaction: snapshot reads, majority writes, at most ``seconds`` long.

    The decorated function raises, besides its own refusals:
        UnitGaveUpError: a conflict outlasted the unit's time; nothing was written.
        CommitOutcomeUnknownError: the commit's answer was lost and stayed so.
    """

    def decorate(body: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(body)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if is_open():
                return _joined(functools.partial(body, *args, **kwargs))
            with deadline.within(seconds):
                left = deadline.remaining() or 0.0
                with pymongo.timeout(max(left, 0.001)):
                    return _run(functools.partial(body, *args, **kwargs))

        return run

    return decorate


def is_open() -> bool:
    """Tell whether a unit of work is open on this thread."""
    return bool(connections["default"].in_atomic_block_mongo)


def on_commit(effect: Callable[[], object]) -> None:
    """Run ``effect`` once, after the commit; at once when no unit is open.

    A failing effect is logged and does not undo what is committed. It must not wait for anything: the
    caller has no answer yet.
    """
    connections["default"].on_commit(effect, robust=True)


def _joined(body: Callable[[], R]) -> R:
    """Run the body as part of the open unit; a failure dooms the whole, even if somebody catches it."""
    try:
        return body()
    except BaseException as error:
        connections["default"].doomed_by = error
        raise


def _run(body: Callable[[], R]) -> R:
    """Run the body until it is committed, refused, or its time is over."""
    connection = connections["default"]
    attempt = 0
    while True:
        breaker.check()
        committing = False
        try:
            _begin(connection)
            result = body()
            if connection.doomed_by is not None:
                raise HalfDoneError from connection.doomed_by
            committing = True
            _commit(connection)
        except BaseException as error:
            _discard(connection, kill=committing)
            if isinstance(error, CommitOutcomeUnknownError) or not _labelled(error, TRANSIENT):
                raise
            attempt += 1
            if (deadline.remaining() or 0.0) <= BACKOFF_MOST:
                if faults.is_unavailable(error):
                    raise  # nobody won: the database is away
                raise UnitGaveUpError from error
            _pause(attempt)
            continue
        _finish(connection)
        return result


def _begin(connection: Any) -> None:
    connection.ensure_connection()
    if connection.session is not None:
        msg = "a session was left behind on this thread"
        raise RuntimeError(msg)
    session = connection.connection.start_session(causal_consistency=True)
    session.start_transaction(
        read_concern=ReadConcern("snapshot"),
        write_concern=WriteConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )
    connection.session = session
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
            if not error.has_error_label(UNKNOWN) or error.has_error_label(TRANSIENT):
                raise
            if (deadline.remaining() or 0.0) <= BACKOFF_MOST:
                raise CommitOutcomeUnknownError(str(error)) from error
            attempt += 1
            _pause(attempt)
        else:
            return


def _discard(connection: Any, *, kill: bool) -> None:
    """Leave neither a session on the thread nor a transaction that holds locks on the server.

    ``kill``: the commit was under way, so the driver no longer knows of an open transaction that the
    server may still hold.
    """
    session = _release(connection)
    if session is None:
        return
    # In a context of its own: the unit's time may be over, and the locks must go all the same.
    contextvars.Context().run(_end_on_server, connection, session, kill=kill)


def _end_on_server(connection: Any, session: Any, *, kill: bool) -> None:
    try:
        with pymongo.timeout(ABORT_SECONDS):
            if session.in_transaction:
                session.abort_transaction()
            elif kill:
                connection.connection.admin.command("killSessions", [session.session_id])
    except PyMongoError as error:
        log.warning("unit of work not aborted, the server will end it", error=str(error))
    finally:
        session.end_session()


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
    return session


def _labelled(error: BaseException | None, label: str) -> bool:
    """Tell whether the driver put ``label`` on the error or on one of its causes."""
    for _ in range(CAUSES_SEARCHED):
        if error is None:
            return False
        if isinstance(error, PyMongoError) and error.has_error_label(label):
            return True
        error = error.__cause__ or error.__context__
    return False


def _pause(attempt: int) -> None:
    step = min(BACKOFF_MOST, BACKOFF_FIRST * 1.5 ** min(attempt, 12))
    time.sleep(random.uniform(0, step))  # noqa: S311  # jitter, not a secret
