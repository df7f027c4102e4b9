"""Sealing: each audit entry gets its place in the chain, a few seconds after it was committed.

Where the chain ends is kept apart from it, in ``chain_heads`` of the control database, which no restore
touches: for the whole chain, and for the entries of each family. Entries and heads are written in one unit of
work; so of two sealers at once one begins again behind the other, and one that is killed leaves nothing half
done.

A head that is gone, changed, or behind the chain was not made so by us. Sealing goes on all the same, and
leaves out a number: so what has happened shows in the chain from then on, whoever looks, and whenever.

Source: design, sections 4 (control database) and 5.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from ops.audit import chain, keys
from ops.audit.chain import GENESIS, Key, Place
from ops.batches import in_batches
from ops.logs import logger
from ops.models.audit import BY_NUMBER, TO_SEAL
from ops.mongo.collections import Document, collection, control_collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

LOG = "audit_log"
HEADS, CHAIN = "chain_heads", "audit_log"
# An entry bears the time at which its unit began, which ends within 3 s; what is later still is sealed later.
SETTLED = timedelta(seconds=5)
# In half a second on a busy machine; a unit has three.
AT_ONCE = 200
# So many entries of the chain's end are looked at for one that is sound.
LOOKED_AT = 20

log = logger(__name__)


class End(NamedTuple):
    """Where a chain ends: number and hash of its last entry."""

    seq: int = 0
    hash: str = GENESIS


def seal_due(*, now: datetime) -> int:
    """Seal all entries that are settled, in batches, the oldest first; returns how many that were."""
    return in_batches(partial(_seal_some, now=now))


@unit_of_work()
def _seal_some(*, now: datetime) -> int:
    entries = collection(LOG).aggregate(
        [
            {"$match": {"seq": None, "at": {"$lte": now - SETTLED}}},
            {"$sort": {"at": 1, "_id": 1}},
            {"$limit": AT_ONCE},
        ],
        hint=TO_SEAL.directions,
    )
    if not entries:
        return 0
    families = {each["family_id"] for each in entries if isinstance(each.get("family_id"), str)}
    stored, key = heads([CHAIN, *sorted(families)]), keys.newest()
    ends = {name: sound for name, each in stored.items() if (sound := _sound(each))}
    ends[CHAIN] = _start(stored.get(CHAIN), len(entries))
    sealed = _sealed(entries, ends, key, now=now)
    collection(LOG).update_each([({"_id": name}, {"$set": seal}, ()) for name, seal in sealed.items()])
    _keep({name: ends[name] for name in (CHAIN, *sorted(families))}, key, now=now)
    return len(sealed)


def heads(names: Collection[str]) -> dict[str, Document]:
    """Return the heads of chains as they are stored, by name."""
    found = control_collection(HEADS, joins=True).find({"_id": {"$in": list(names)}}, limit=len(names))
    return {each["_id"]: each for each in found}


def _sealed(
    entries: Sequence[Document], ends: dict[str, End], key: Key, *, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return the seal of each entry by its id; ``ends`` are then where the chains end with them."""
    seals = {}
    for entry in entries:
        family, end, number = entry.get("family_id"), ends[CHAIN], None
        if isinstance(family, str):
            number = ends.get(family, End()).seq + 1
        seal = chain.seal(entry, Place(end.seq + 1, end.hash, number), key, now=now)
        seals[entry["_id"]] = seal
        ends[CHAIN] = End(seal["seq"], seal["hash"])
        if isinstance(family, str):
            ends[family] = End(seal["family_seq"], seal["hash"])
    return seals


def _keep(ends: Mapping[str, End], key: Key, *, now: datetime) -> None:
    written = {name: chain.head(name, end, key) | {"v": 1, "at": now} for name, end in ends.items()}
    changes = [({"_id": name}, {"$set": head}, ()) for name, head in written.items()]
    control_collection(HEADS, joins=True).update_each(changes, upsert=True)


def _start(stored: Document | None, count: int) -> End:
    """Return after which number so many entries are sealed."""
    head = _sound(stored) if stored else None
    if head is not None and not _is_taken(head.seq, count):
        return head
    last = _last_sound()
    if stored is None and last == End():
        return last
    said = stored["seq"] if stored else None
    on_commit(lambda: log.error("audit chain does not go on from its head", head=said, last=last.seq))
    return End(last.seq + 1, last.hash)


def _sound(stored: Document) -> End | None:
    sound = chain.is_head_sound(chain.form_of(stored), keys.known())
    return End(stored["seq"], stored["hash"]) if sound else None


def _is_taken(seq: int, count: int) -> bool:
    """Tell whether one of the numbers that come next is there already."""
    span = {"seq": {"$gt": seq, "$lte": seq + count}}
    return bool(collection(LOG).find(span, {"seq": 1}, sort=[("seq", 1)], limit=1))


def _last_sound() -> End:
    """Return the last entry of the chain that a seal of ours is on."""
    newest = collection(LOG).aggregate(
        [{"$match": {"seq": {"$gt": 0}}}, {"$sort": {"seq": -1}}, {"$limit": LOOKED_AT}],
        hint=BY_NUMBER.directions,
    )
    for each in newest:
        form = chain.form_of(each)
        key = chain.key_for(form, keys.known())
        if key is not None and chain.hash_of(form, key) == form.get("hash"):
            return End(each["seq"], each["hash"])
    return End()
