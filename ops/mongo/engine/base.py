"""The connection: one client a process, no client across a fork, no dead session on a thread."""

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from django.db import connections
from django_mongodb_backend import base
from django_mongodb_backend.compiler import SQLCompiler

from ops.mongo.breaker import breaker
from ops.mongo.engine import counting, sessions
from ops.mongo.engine.query import OrderedQuery
from ops.mongo.engine.schema import SchemaEditor
from ops.mongo.tagged import TaggedCollection

_connecting = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """The official wrapper, safe for threads, forks and failed commits."""

    SchemaEditorClass = SchemaEditor
    # A condition of a find never takes null for less than a value. The backend asks all the same that there
    # be one, which no index can tell: so to count the documents of a period, each would have to be read.
    mongo_operators: dict[str, Callable[[Any, Any], Any]] = {  # noqa: RUF012  # as the backend has it
        **base.DatabaseWrapper.mongo_operators,
        "lt": lambda name, value: {name: {"$lt": value}},
        "lte": lambda name, value: {name: {"$lte": value}},
    }
    # Why the open unit of work must not be committed, whatever its body does now.
    doomed_by: BaseException | None = None

    def get_collection(self, name: str, **options: Any) -> Any:
        """Return a collection whose commands bear a comment; refuses at once while the breaker is open."""
        breaker.check()
        if not self.queries_logged:
            return TaggedCollection(self.database, name, **options)
        return super().get_collection(name, **options)  # type: ignore[no-untyped-call]  # the backend ships no types

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return the process' client; the lock keeps a burst of first requests from making many."""
        heard = {"event_listeners": [counting.commands, counting.pool]}
        with _connecting:
            return super().get_new_connection(conn_params | heard)  # type: ignore[no-untyped-call]

    def _rollback(self) -> None:
        """Doom the open unit: a failed block of ``django.db.transaction`` cannot be undone alone."""
        if self.in_atomic_block_mongo:
            self.doomed_by = sys.exception() or RuntimeError("a block inside was rolled back")

    def commit_mongo(self) -> None:
        """Commit, and forget the session also when that fails, or the thread could never write again."""
        try:
            super().commit_mongo()  # type: ignore[no-untyped-call]
        except BaseException:
            session, self.session = self.session, None
            self.run_on_commit = []
            if session:
                sessions.end(self.connection, session, kill=True)
            raise

    def forget_client(self) -> None:
        """Drop the client without closing it: its sockets belong to the parent process."""
        self.connection = None
        self.session = None
        self.__dict__.pop("database", None)
        self.in_atomic_block_mongo = False
        self.nested_atomics = 0
        self.run_on_commit = []
        self.doomed_by = None


def _after_fork() -> None:
    global _connecting  # noqa: PLW0603  # the parent may have forked while another thread held it
    _connecting = threading.Lock()
    DatabaseWrapper._connection_pools.clear()  # noqa: SLF001  # the backend offers no other way
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            connection.forget_client()


os.register_at_fork(after_in_child=_after_fork)

# The compilers of inserts, updates, deletes and aggregates inherit it.
SQLCompiler.query_class = OrderedQuery
