"""What is kept of people's sessions and mails; for ``manage.py timeline``."""

from collections.abc import Iterator, Mapping
from typing import Any

from ops.mongo.collections import collection
from ops.timeline import Moment, register
from ops.timeline.own import mails

SESSIONS = "sessions"
TIMES = {"created_at": "session opened", "last_seen_at": "session last used", "revoked_at": "session ended"}


def enter() -> None:
    """Enter the sources."""
    register(("ses",), lambda session_id, _: _sessions({"_id": session_id}, 1))
    register(("user",), lambda user_id, most: _sessions({"user_id": user_id}, most))
    register(("user",), _mails_to)


def _sessions(query: Mapping[str, Any], most: int) -> Iterator[Moment]:
    fields = dict.fromkeys(("kind", "user_id", "address", "user_agent", *TIMES), 1)
    order = [] if "_id" in query else [("created_at", -1)]
    for session in collection(SESSIONS).find(query, fields, sort=order, limit=most):
        private = {name: session[name] for name in ("address", "user_agent") if session.get(name)}
        for field, what in TIMES.items():
            if session.get(field):
                who, facts = session.get("user_id"), {"kind": session["kind"]}
                yield Moment(
                    session[field], SESSIONS, what, session["_id"], who, facts=facts, private=private
                )


def _mails_to(user_id: str, most: int) -> Iterator[Moment]:
    """Yield what became of mails to the address that the user has now."""
    user = collection("users").find_one({"_id": user_id}, {"email": 1})
    if user is not None:
        yield from mails({"to": user["email"]}, most)
