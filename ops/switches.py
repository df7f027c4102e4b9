"""Switches: small facts that every process must know within a second, in the control database."""

from collections.abc import Mapping

from ops.copies import COMMENT, Copy
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

NAME = "switches"
MOST = 100


def _read() -> Mapping[str, Document]:
    return {each["_id"]: each for each in control_collection(NAME).find({}, limit=MOST, comment=COMMENT)}


reader = Copy(NAME, _read)


def current() -> Mapping[str, Document] | None:
    """Return all switches by name, at most a second old; ``None``: not known, so take the safe way."""
    return reader.fresh()


@unit_of_work()
def count_up(name: str, field: str) -> None:
    """Raise a number of a switch by one, in the unit of the change that asks for it."""
    control_collection(NAME, joins=True).update({"_id": name}, {"$inc": {field: 1}}, upsert=True)
    on_commit(reader.forget)
