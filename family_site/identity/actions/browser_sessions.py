"""The sessions of browsers, of pages and console, beside those of the API; Django calls this by its setting.

The cookie is a random key; the document's id is made of its SHA-256, so that no copy of the database
signs anybody in. Neither a flush of Redis nor a scan is part of a look-up. Source: design, section 7.
"""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from family_site.identity import queries
from family_site.identity.actions import sessions, viewing
from ops import audit, clock
from ops.actors import Actor, ActorKind
from ops.logs import logger
from ops.metrics import access
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

KIND = "browser"
KEY_BYTES = 32
ID_DIGITS = 60  # with the prefix 64 characters, the longest id there is: contract, section 1.1
# Who asks when nobody said so, for example when Django ends a session whose password is another now.
NOBODY = Actor.system("pages")
log = logger(__name__)


class SessionStore(SessionBase):
    """Django's session interface over ``sessions``.

    A session is written once it holds something. That it becomes somebody's, and that it ends, is
    audited in the unit of work that writes it. ``origin``: who asks, from where; set by the sign-in page.
    ``ends_as``: why it ends, where that is not that somebody signs out.
    """

    def __init__(self, session_key: str | None = None) -> None:
        """Take the cookie's value."""
        super().__init__(session_key)
        self.origin = NOBODY
        self.ends_as: str | None = None
        self._is_new = False
        self._found: Document = {}

    @property
    def document_id(self) -> str:
        """The id of the session's document."""
        return _id_of(self.session_key)

    @property
    def seen_at(self) -> datetime | None:
        """When it was used last, as far as was noted; ``None``: it is not written yet."""
        moment: datetime | None = self._as_found("last_seen_at")
        return moment

    @property
    def viewing_as(self) -> Document | None:
        """As whom its member of staff looks at what people see; ``None``: as nobody."""
        viewed: Document | None = self._as_found("viewing_as")
        return viewed

    def forget_viewing(self) -> None:
        """Take note that it is over."""
        self._found.pop("viewing_as", None)

    def note_seen(self, now: datetime) -> None:
        """Write that it is used."""
        in_force = {"_id": self.document_id, "revoked_at": None}
        collection("sessions").update(in_force, {"$set": {"last_seen_at": now}})

    def _as_found(self, field: str) -> Any:
        self._get_session()  # type: ignore[attr-defined]  # not in the stubs: looks it up once
        return self._found.get(field)

    def load(self) -> dict[str, Any]:
        """Return the data of the session, or start afresh when it is over, revoked or unknown."""
        query = {"_id": _id_of(self.session_key), "kind": KIND, "revoked_at": None}
        found = collection("sessions").find_one(query) if self.session_key else None
        if found is None or found["expires_at"] <= clock.now():
            self._session_key = None
            return {}
        self._found = found
        return self.decode(found["data"])

    def exists(self, session_key: str) -> bool:
        """Tell whether the key is in use."""
        return collection("sessions").find_one({"_id": _id_of(session_key)}, {"_id": 1}) is not None

    def create(self) -> None:
        """Make a new, empty session with a key nobody has; ``save`` writes it, whole and at once."""
        self._session_key = secrets.token_urlsafe(KEY_BYTES)
        self._is_new = True
        self._session_cache: dict[str, Any] = {}
        self.modified = True

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's signature
        """Write the session.

        Raises:
            CreateError: the key is taken.
            UpdateError: the session has been ended meanwhile.
            InvalidCredentialsError: its user was disabled at this very moment.
        """
        if self.session_key is None:
            data = self._get_session()  # type: ignore[attr-defined]  # not in the stubs
            self.create()
            self._session_cache = data
        if must_create and self.exists(str(self.session_key)):
            raise CreateError
        self._write(is_new=must_create or self._is_new)
        self._is_new = False

    @unit_of_work()
    def _write(self, *, is_new: bool) -> None:
        now, data = clock.now(), self._get_session(no_load=is_new)  # type: ignore[attr-defined]
        session_id, user_id = _id_of(self.session_key), data.get(SESSION_KEY)
        changed = {
            "user_id": user_id,
            "last_seen_at": now,
            "expires_at": now + timedelta(seconds=self.get_expiry_age()),
            "data": self.encode(data),
        }
        before = None
        if is_new:
            collection("sessions").insert(
                {"_id": session_id, **_blank(self.origin), "created_at": now, **changed}
            )
        else:
            in_force = {"_id": session_id, "kind": KIND, "revoked_at": None}
            before = collection("sessions").find_and_update(
                in_force, {"$set": changed}, fields={"user_id": 1}, before=True
            )
            if before is None:
                raise UpdateError
        if user_id and (before is None or before["user_id"] != user_id):
            sessions.note_sign_in(queries.user_by_id(user_id), session_id, actor=self.origin, now=now)
            self._record("session.opened", session_id, user_id)
            on_commit(lambda: log.info("auth.login.ok", user=user_id, session=session_id, door=KIND))
            on_commit(lambda: access.sign_ins.inc(access.OK))

    @unit_of_work()
    def delete(self, session_key: str | None = None) -> None:
        """End the session; the document goes by its end time."""
        key = session_key or self.session_key
        if key is None:
            return
        now, why = clock.now(), {"revoked_reason": self.ends_as} if self.ends_as else {}
        ended = collection("sessions").find_and_update(
            {"_id": _id_of(key), "kind": KIND, "revoked_at": None},
            {"$set": {"revoked_at": now, **why}},
            fields={"user_id": 1, "viewing_as": 1},
        )
        if ended is None or not ended["user_id"]:
            return
        if viewed := ended.get("viewing_as"):
            actor = self._asker(ended["_id"], ended["user_id"])
            viewing.note_end(viewed, self.ends_as or viewing.SIGNED_OUT, actor=actor, now=now)
        self._record("session.revoked", ended["_id"], ended["user_id"], why)

    def _record(self, action: str, session_id: str, user_id: str, more: Document | None = None) -> None:
        """Write the audit entry; part of the unit that changes the session."""
        after = {"kind": KIND, "user_id": user_id, **(more or {})}
        actor = self._asker(session_id, user_id)
        audit.record(actor, action, target=session_id, now=clock.now(), after=after)

    def _asker(self, session_id: str, user_id: str) -> Actor:
        """Return who asks: the user themselves, where a page knew only from where."""
        if self.origin.kind != ActorKind.ANONYMOUS:
            return self.origin
        kind = ActorKind.STAFF if queries.user_by_id(user_id)["is_staff"] else ActorKind.USER
        return replace(self.origin, kind=kind, id=user_id, session_id=session_id)

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing to do: MongoDB deletes sessions by their end time (TTL index)."""


def _blank(origin: Actor) -> dict[str, Any]:
    return {
        "v": 1,
        "kind": KIND,
        "revoked_at": None,
        "refresh": None,
        "previous": None,
        "address": origin.address,
        "user_agent": origin.user_agent,
    }


def _id_of(session_key: str | None) -> str:
    return "ses_" + hashlib.sha256((session_key or "").encode()).hexdigest()[:ID_DIGITS]
