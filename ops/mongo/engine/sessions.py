"""Ending a session whose transaction failed, so that it holds nothing on the server."""

import contextvars
import threading
import time
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from ops.logs import logger

ABORT_SECONDS = 0.2
# By then the server has ended it by itself (transactionLifetimeLimitSeconds).
LATER_SECONDS = 5.0
PAUSE_SECONDS = 0.25
log = logger(__name__)


def end(client: Any, session: Any, *, kill: bool) -> None:
    """End the session and its transaction; the caller waits ``ABORT_SECONDS`` at most.

    ``kill``: the transaction may be open though an abort cannot, or could not, be sent: its commit was
    under way, or the connection broke, so that the driver no longer knows.
    """
    # In a context of its own: the caller's time may be over, and the locks must go all the same.
    ended = contextvars.Context().run(_is_ended, client, session, kill=kill)
    if ended:
        session.end_session()
        return
    # After a broken connection the driver looks for the server again only every half second. The session
    # goes along: given back to the others it might be killed under the next transaction.
    log.warning("transaction not ended yet")
    threading.Thread(target=_end_later, args=(client, session), name="mongodb-ender", daemon=True).start()


def _is_ended(client: Any, session: Any, *, kill: bool) -> bool:
    try:
        with pymongo.timeout(ABORT_SECONDS):
            if session.in_transaction:
                session.abort_transaction()
            if kill:
                client.admin.command("killSessions", [session.session_id])
    except PyMongoError:
        return False
    return True


def _end_later(client: Any, session: Any) -> None:
    over_at = time.monotonic() + LATER_SECONDS
    while time.monotonic() < over_at:
        time.sleep(PAUSE_SECONDS)
        if _is_ended(client, session, kill=True):
            break
    session.end_session()
