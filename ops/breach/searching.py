"""Entries of the audit log by who, from where, with what.

By actor and by request an index finds them. By address, session and permanent token the entries of the span
are gone through by their time, on the server: an index of each would cost every change, and a breach is
looked for once a year. Of a million entries that takes some seconds.
"""

from collections.abc import Iterator
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, NamedTuple, TypeAlias

from ops.addresses import parsed
from ops.models.audit import BY_TIME
from ops.mongo.collections import Document, collection
from ops.mongo.indexes import Index

LOG = "audit_log"
# With so many found, whoever asks has asked for too much.
MOST = 200_000
BY_ACTOR, BY_REQUEST = Index(("actor", "-at")), Index(("request_id", "-at"))
SESSION, TOKEN, ADDRESS = "private.session_id", "private.token_id", "private.address"
Network: TypeAlias = IPv4Network | IPv6Network


class Wanted(NamedTuple):
    """Whose acts are looked for: all that is given must be true of an entry.

    Attributes:
        since, until: from when on, and before when; ``until`` ``None``: up to now.
        actor: id of a user, or for example ``shell:<login>``.
        network: an address, or a network.
        session, token, request_id: their ids; ``token``: a permanent one.
    """

    since: datetime
    until: datetime | None = None
    actor: str | None = None
    network: Network | None = None
    session: str | None = None
    token: str | None = None
    request_id: str | None = None

    @property
    def span(self) -> dict[str, Any]:
        """The time, as a condition of entries."""
        bounds = {"$gte": self.since, "$lt": self.until}
        return {"at": {name: value for name, value in bounds.items() if value is not None}}

    @property
    def names_somebody(self) -> bool:
        """Whether it is about anybody, and not about everything of a time."""
        return any((self.actor, self.network, self.session, self.token, self.request_id))


def entries(wanted: Wanted) -> Iterator[Document]:
    """Yield the entries, in the order of time; at most ``MOST``."""
    query = {**wanted.span, **_conditions(wanted)}
    index = _index(wanted)
    order = [("at", 1), ("_id", 1)] if index is BY_TIME else [("at", 1)]
    with collection(LOG).raw.find(
        query, sort=order, limit=MOST, hint=index.directions, batch_size=1000
    ) as found:
        yield from found


def _index(wanted: Wanted) -> Index:
    if wanted.request_id:
        return BY_REQUEST
    return BY_ACTOR if wanted.actor else BY_TIME


def _conditions(wanted: Wanted) -> dict[str, Any]:
    asked = {
        "actor": wanted.actor,
        "request_id": wanted.request_id,
        SESSION: wanted.session,
        TOKEN: wanted.token,
    }
    found: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if wanted.request_id:
        # The index is only of entries that were made in a request.
        found["request_id"] = {"$eq": wanted.request_id, "$gt": ""}
    if wanted.network:
        found[ADDRESS] = {"$in": _addresses(wanted, wanted.network)}
    return found


def _addresses(wanted: Wanted, network: Network) -> list[str]:
    """Return the addresses of a network that are in entries of the time, as they are written there."""
    grouped = collection(LOG).aggregate(
        [{"$match": wanted.span}, {"$group": {"_id": f"${ADDRESS}"}}], hint=BY_TIME.directions
    )
    return [each["_id"] for each in grouped if is_in(each["_id"], network)]


def is_in(address: Any, network: Network) -> bool:
    """Tell whether an address, as it was written, is one of a network."""
    found = parsed(address) if isinstance(address, str) else None
    return found is not None and found in network
