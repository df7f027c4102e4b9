"""An audit log that is sealed, and ways to look at it, and at it from outside."""

import importlib.util
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings

from ops import audit, clock
from ops.actors import Actor, ActorKind
from ops.audit import exporting, sealing, verifying
from ops.audit.reading import EVERYTHING, Scope
from ops.audit.run import Fault
from ops.audit.sealing import CHAIN, HEADS
from ops.audit.verifying import Verification
from ops.mongo.collections import Document, collection, control_collection
from ops.mongo.unit_of_work import unit_of_work
from tests import commands

LOG = "audit_log"
ACTOR = Actor(ActorKind.USER, "user_1", "alice", request_id="request-1", address="192.0.2.7")
HOUR = timedelta(hours=1)
ROOT = Path(__file__).resolve().parent.parent.parent.parent
Named = dict[str, int]


def outsider() -> ModuleType:
    """Return the verifier that knows nothing of the product."""
    spec = importlib.util.spec_from_file_location("outsider", ROOT / "clients" / "verify_audit_export.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OUTSIDER = outsider()


@unit_of_work()
def write(number: int, at: datetime, family_id: str | None = "fam_1") -> str:
    """Write the entry of a change; returns its id."""
    return audit.record(
        ACTOR,
        "family.updated",
        target=f"fam_{number}",
        family_id=family_id,
        now=at,
        before={"settings": {"visibility": "private", "hours": number}},
        after={"settings": {"visibility": "private", "hours": number + 1}},
        reason=f"reason {number}",
    )


class Log:
    """Six entries of an hour ago, sealed: of family 1 the odd ones, the others of none."""

    def __init__(self, entries: int = 6) -> None:
        """Write and seal them."""
        self.began_at = clock.now() - HOUR
        self.ids = [
            write(number, self.at(number), "fam_1" if number % 2 else None)
            for number in range(1, entries + 1)
        ]
        seal()

    def at(self, minute: float) -> datetime:
        """Return the time so many minutes after the beginning."""
        return self.began_at + timedelta(minutes=minute)

    def __getitem__(self, seq: int) -> Document:
        """Return the entry of a number as it is stored now."""
        return stored(seq)

    def change(self, seq: int, /, **fields: Any) -> None:
        """Change fields of an entry; ``__`` in a name stands for a dot."""
        changed = {path.replace("__", "."): value for path, value in fields.items()}
        assert collection(LOG).update({"_id": self.ids[seq - 1]}, {"$set": changed})

    def take_away(self, seq: int, *fields: str) -> None:
        """Take fields of an entry away."""
        assert collection(LOG).update({"_id": self.ids[seq - 1]}, {"$unset": dict.fromkeys(fields, "")})

    def remove(self, *numbers: int) -> None:
        """Take entries away."""
        ids = [self.ids[seq - 1] for seq in numbers]
        assert collection(LOG).delete({"_id": {"$in": ids}}) == len(ids)

    def replace(self, seq: int, document: Document) -> None:
        """Put another document in the place of an entry."""
        self.remove(seq)
        collection(LOG).insert(document)


def stored(seq: int) -> Document:
    """Return the entry of a number."""
    found = collection(LOG).find_one({"seq": seq})
    assert found is not None
    return found


def seal(now: datetime | None = None) -> int:
    """Seal what is settled."""
    return sealing.seal_due(now=now or clock.now())


def head(name: str = CHAIN) -> Document:
    """Return where the chain ends, as it is kept apart."""
    found = control_collection(HEADS).find_one({"_id": name})
    assert found is not None
    return found


def put_head(document: Document | None) -> None:
    """Put another head in the place of the chain's, or none."""
    control_collection(HEADS).delete({"_id": CHAIN})
    if document is not None:
        control_collection(HEADS).insert(document)


def forget_heads() -> None:
    """Take all heads away: they are kept where no test empties."""
    with commands.unwatched():
        control_collection(HEADS).delete({})


def numbers() -> list[int]:
    """Return the numbers of all sealed entries, in order."""
    found = collection(LOG).find({"seq": {"$gt": 0}}, {"seq": 1}, sort=[("seq", 1)], limit=1000)
    return [each["seq"] for each in found]


def verified(scope: Scope = EVERYTHING) -> Verification:
    """Verify the chain."""
    return verifying.verify(scope, now=clock.now(), tell=lambda _found: None)


def broken(scope: Scope = EVERYTHING) -> Named:
    """Return what is wrong with the chain: how often, by what it is called."""
    return {Fault(name).name: times for name, times in verified(scope).findings.broken.items()}


def exported(scope: Scope = EVERYTHING, *, with_private: bool = True) -> list[str]:
    """Return the lines of an export."""
    return list(exporting.lines(scope, with_private=with_private, now=clock.now()))


def faults_outside(lines: Sequence[str], secrets: Sequence[str] = ()) -> list[str]:
    """Return what the verifier outside finds wrong with an export."""
    keys = OUTSIDER.keys_in(",".join(secrets or settings.AUDIT_KEYS))
    found: Iterator[str] = OUTSIDER.faults(lines, keys)
    return list(found)
