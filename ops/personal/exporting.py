"""Everything that is kept about a person, by collection, without secrets and without what is others'.

Source: GDPR, article 15; runbook inventory, C22.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ops import audit
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.personal import registry
from ops.personal.registry import Kept, Person

# How ids of other people begin, and of those at the machine.
OTHERS = ("user_", "shell:")
# Stands for the id of another person.
SOMEBODY = "another person"
ACTION = "person.exported"


def export(person: Person, *, now: datetime) -> dict[str, Any]:
    """Return it: who, when, and of each collection the documents, in the order of their ids.

    It reads what no index leads to, too, so it takes as long as these collections are large.
    """
    found = {each.collection: _documents(each, person) for each in registry.kept()}
    return {
        "person": person._asdict(),
        "exported_at": now.isoformat(),
        "counts": {name: len(documents) for name, documents in found.items()},
        "kept": found,
    }


@unit_of_work()
def record(person: Person, counts: Mapping[str, int], *, actor: Actor, now: datetime) -> None:
    """Write into the audit log that it was handed out."""
    audit.record(actor, ACTION, target=person.id, now=now, after={"documents": sum(counts.values())})


def _documents(kept: Kept, person: Person) -> list[Document]:
    with collection(kept.collection).raw.find(dict(kept.about(person)), sort=[("_id", 1)]) as found:
        return [_shown(each, kept, person) for each in found]


def _shown(document: Document, kept: Kept, person: Person) -> Document:
    names = ("_id", *kept.fields)
    if _at(document, kept.author) == person.id:
        names += kept.written
    shown: Document = {}
    for name in names:
        value = _at(document, name)
        if value is not None:
            shown[name] = _without_others(value, person)
    for name in kept.own:
        of_them = [each for each in _at(document, name) or () if each.get("user_id") == person.id]
        shown[name] = _without_others(of_them, person)
    return shown


def _at(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _without_others(value: Any, person: Person) -> Any:
    """Return a value without the ids of other people."""
    if isinstance(value, str):
        return SOMEBODY if value.startswith(OTHERS) and value != person.id else value
    if isinstance(value, Mapping):
        return {_without_others(name, person): _without_others(each, person) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_others(each, person) for each in value]
    return value
