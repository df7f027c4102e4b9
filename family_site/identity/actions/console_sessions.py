"""The console's sessions, in the collection of all sessions; Django calls this by its setting.

The cookie is a random key; the document's id is its SHA-256, so that no copy of the database signs
anybody in. Neither a flush of Redis nor a scan is part of a look-up.
"""

import hashlib
from datetime import timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from ops import clock
from ops.mongo.collections import Document, collection


class SessionStore(SessionBase):
    """Django's session interface over ``sessions``."""

    def load(self) -> dict[str, Any]:
        """Return the data of the session, or start afresh when it is over, revoked or unknown."""
        query = {"_id": _id_of(self.session_key), "kind": "console", "revoked_at": None}
        found = collection("sessions").find_one(query) if self.session_key else None
        if found is None or found["expires_at"] <= clock.now():
            self._session_key = None
            return {}
        return self.decode(found["data"])

    def exists(self, session_key: str) -> bool:
        """Tell whether the key is in use."""
        return collection("sessions").find_one({"_id": _id_of(session_key)}, {"_id": 1}) is not None

    def create(self) -> None:
        """Make a new, empty session with a key nobody has."""
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's signature
        """Write the session.

        Raises:
            CreateError: the key is taken.
            UpdateError: the session has been ended meanwhile.
        """
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)
        written = self._document(data)
        if must_create:
            if self.exists(self.session_key):
                raise CreateError
            collection("sessions").insert(
                written | {"_id": _id_of(self.session_key), "v": 1, "created_at": clock.now()}
            )
        elif not collection("sessions").update(
            {"_id": _id_of(self.session_key), "revoked_at": None}, {"$set": written}
        ):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """End the session; the document goes by its end time."""
        key = session_key or self.session_key
        if key is not None:
            collection("sessions").update({"_id": _id_of(key)}, {"$set": {"revoked_at": clock.now()}})

    def _document(self, data: dict[str, Any]) -> Document:
        now = clock.now()
        return {
            "kind": "console",
            "user_id": data.get(SESSION_KEY),
            "last_seen_at": now,
            "expires_at": now + timedelta(seconds=self.get_expiry_age()),
            "revoked_at": None,
            "refresh": None,
            "data": self.encode(data),
            "address": None,
            "user_agent": None,
        }

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing to do: MongoDB deletes sessions by their end time (TTL index)."""


def _id_of(session_key: str | None) -> str:
    return "ses_" + hashlib.sha256((session_key or "").encode()).hexdigest()
