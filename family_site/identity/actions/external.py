"""Sign-in at another provider: whose account it opens, and how the two come to be linked.

Invariants, whatever happens in parallel:

* A person at a provider, ``(issuer, subject)``, opens one account at most (unique index), and an account is
  opened by one person of a provider at most (the filter of the write that links). Linked they are once, with
  one entry and one warning: who comes second finds the link.
* They are linked only by an address that is confirmed on both sides: at the provider by its word, with us by
  a token mailed to it. From then on the address does not matter.
* One way there and back is used once: of two who come back from the same one, one writes its mark.

Nobody comes into being here. Source: HTTP contract, section 18 (rule 14); OpenID Connect Core 1.0, section
5.7 (the pair is what a person is known by, never the address).
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from family_site.identity import queries
from family_site.identity.actions import security
from family_site.identity.errors import AccountDisabledError
from family_site.identity.rules import SecurityEvent
from ops import audit
from ops.access import gate
from ops.actors import Actor, ActorKind
from ops.errors import NotFoundError
from ops.logs import logger
from ops.metrics import access
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

MARK_KEPT = timedelta(hours=1)  # longer than what it marks is good for
log = logger(__name__)


class Stranger(NamedTuple):
    """Somebody who has signed in at a provider; ``address``: folded, ``None``: it has verified none."""

    issuer: str
    subject: str
    address: str | None


class NotLinked(StrEnum):
    """Why somebody at a provider opens no account of ours."""

    UNVERIFIED = "unverified"  # the provider has no address of theirs that it has verified
    UNKNOWN = "unknown"  # nobody has an account with that address
    UNCONFIRMED = "unconfirmed"  # somebody has, and never confirmed it
    TAKEN = "taken"  # the account is linked to somebody else at that provider


@unit_of_work()
def use_up(state: str, *, now: datetime) -> bool:
    """Mark a way there and back as used; tells whether it is the first time."""
    mark = {"v": 1, "expires_at": now + MARK_KEPT}
    mark_id = hashlib.sha256(state.encode()).hexdigest()
    marks = collection("external_sign_ins")
    return marks.find_and_update({"_id": mark_id}, {"$setOnInsert": mark}, upsert=True, before=True) is None


def recognised(stranger: Stranger, *, actor: Actor, now: datetime) -> Document | NotLinked:
    """Return the user whose account somebody at a provider opens; the first time the two are linked.

    Raises:
        AccessBlockedError: the address is blocked, or the user.
        AccountDisabledError: the user is disabled.
    """
    if stranger.address is not None:
        gate.refuse_blocked_email(stranger.address, address=actor.address)
    linked = _user_of(stranger)
    user = linked or _candidate(stranger)
    if isinstance(user, NotLinked):
        access.sign_ins.inc(access.FAILED)
        log.info("auth.login.failed", reason=str(user), door="external")
        return user
    if not user["is_active"]:
        access.sign_ins.inc(access.DISABLED)
        log.info("auth.login.failed", reason="disabled", user=user["_id"], door="external")
        raise AccountDisabledError
    gate.refuse_blocked_person(user["_id"], user["email"])
    return linked or _link(user, stranger, actor=actor, now=now)


@unit_of_work()
def unlink(issuer: str, *, actor: Actor, now: datetime) -> None:
    """End the link of the caller's account with whoever they are at a provider; open sessions stay.

    Raises:
        NotFoundError: there is none.
    """
    linked = {"_id": actor.user_id, "external_identities.issuer": issuer}
    without = {"$pull": {"external_identities": {"issuer": issuer}}}
    user = collection("users").find_and_update(linked, without)
    if user is None:
        raise NotFoundError
    entry = audit.record(actor, "identity.unlinked", target=user["_id"], now=now, before={"issuer": issuer})
    security.warn(SecurityEvent.IDENTITY_UNLINKED, user, change=entry, now=now)


def linked_since(user_id: str, issuer: str) -> datetime | None:
    """Return when a user was linked to somebody at a provider; ``None``: they are not."""
    user = queries.user_by_id(user_id)
    known = {each["issuer"]: each["linked_at"] for each in user.get("external_identities", [])}
    return datetime.fromtimestamp(known[issuer], UTC) if issuer in known else None


def _user_of(stranger: Stranger) -> Document | None:
    pair = {"issuer": stranger.issuer, "subject": stranger.subject}
    # The index is a partial one: that the subject is a text has to be said by itself.
    query = {
        "external_identities.subject": stranger.subject,
        "external_identities": {"$elemMatch": pair},
    }
    return collection("users").find_one(query)


def _candidate(stranger: Stranger) -> Document | NotLinked:
    """Return whom the verified address belongs to."""
    if stranger.address is None:
        return NotLinked.UNVERIFIED
    user = queries.user_by_address(stranger.address)
    if user is None:
        return NotLinked.UNKNOWN
    return NotLinked.UNCONFIRMED if user["email_confirmed_at"] is None else user


@unit_of_work()
def _link(user: Document, stranger: Stranger, *, actor: Actor, now: datetime) -> Document | NotLinked:
    """Link the two, if the user still is as they were looked at.

    Two at once for one user meet at its document, two for one person at the index: MongoDB makes the second
    unit run again, and there it finds what the first has written.
    """
    if (linked := _user_of(stranger)) is not None:
        return linked
    as_seen = {
        "_id": user["_id"],
        "email": stranger.address,
        "email_confirmed_at": {"$ne": None},
        "is_active": True,
        "security_stamp": user["security_stamp"],
        # An address that the provider gives to another person does not open the account of the one before.
        "external_identities.issuer": {"$ne": stranger.issuer},
    }
    identity = {
        "issuer": stranger.issuer,
        "subject": stranger.subject,
        "linked_at": int(now.timestamp()),
    }
    changed = collection("users").find_and_update(as_seen, {"$push": {"external_identities": identity}})
    if changed is None:
        return NotLinked.TAKEN
    kind = ActorKind.STAFF if user["is_staff"] else ActorKind.USER
    person = replace(actor, kind=kind, id=user["_id"])
    after, private = {"issuer": stranger.issuer}, {"subject": stranger.subject}
    entry = audit.record(person, "identity.linked", target=user["_id"], now=now, after=after, private=private)
    security.warn(SecurityEvent.IDENTITY_LINKED, changed, change=entry, now=now)
    on_commit(lambda: log.info("auth.external.linked", user=user["_id"]))
    return changed
