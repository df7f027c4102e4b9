"""A watch over the product's queries: whichever reads a collection whole fails the test that sent it.

The server is asked how it carries each query out, once for each shape (the command with types in place of
values), on the values and the documents of the first test that sends it. That works with hardly any
documents, since a plan does not depend on how many there are.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection

from tests import commands
from tests.commands import Command

# More than this for each document that is returned is a search, not a look-up ...
MOST_EXAMINED = 2
# ... but for a few, which cost nothing.
GRACE = 10

# What decides on the plan, command by command. Others (inserts, commits, indexes) find nothing.
PARTS = {
    "find": ("filter", "sort", "limit", "skip", "hint"),
    "aggregate": ("pipeline", "hint"),
    "count": ("query", "limit", "skip", "hint"),
    "distinct": ("key", "query"),
    "update": ("q", "multi", "hint"),
    "delete": ("q", "limit", "hint"),
    "findAndModify": ("query", "sort", "hint"),
}
STATEMENTS = {"update": "updates", "delete": "deletes"}
READS = frozenset({"find", "aggregate", "count", "distinct"})
# Strings that name a part of the schema, not a value.
NAMING = frozenset({"from", "as", "localField", "foreignField", "path", "key"})
CONDITIONS = frozenset({"filter", "query", "q", "$match"})
# Stages that hand on fewer documents than they are given, by their nature.
REDUCING = frozenset({"COUNT", "GROUP", "group", "SKIP", "UPDATE", "DELETE"})


class Fault(StrEnum):
    """What can be wrong with a query."""

    SCANS = "reads a collection whole"
    SORTS = "sorts in memory"
    EXAMINES = "examines far more than it returns"
    UNBOUNDED = "has no end"


# Collections whose queries are not looked at, and why.
OUT_OF_SCOPE = {
    "django_migrations": "a few dozen documents, read by `migrate` and by the look at the schema",
    "django_content_type": "Django's bookkeeping: one document a model, kept in memory",
    "heartbeats": "a document for each job and process: a few dozen, read as a whole",
    "pots": "made by the tests of the unit of work",
    "made_in_a_unit": "made by the tests of the unit of work",
    "tests_of_indexes": "made by the tests of indexes",
}


class Allowed(NamedTuple):
    """An exception: shapes of a collection that hold all of these parts may have the fault."""

    fault: Fault
    collection: str
    parts: tuple[str, ...]
    reason: str

    def covers(self, fault: Fault, shape: str) -> bool:
        """Tell whether it is this one."""
        named = shape.split()[1] == self.collection
        return named and fault == self.fault and all(part in shape for part in self.parts)


_TYPED = "a search of the console: an index has narrowed it to what begins with, or is, what was typed"
_BREACH = "a breach is looked for once a year: through the entries of its time, instead of by more indexes"
_OF_A_TIME = "{filter: {at: {$gte: datetime}, private."
ALLOWED = (
    *(
        Allowed(Fault.SORTS, name, ("{$match: {$or: [{_id: str}, ", "{$limit: int}]"), _TYPED)
        for name in ("users", "sessions", "api_tokens", "families", "sbd_accounts")
    ),
    *(
        Allowed(Fault.EXAMINES, "audit_log", (f"{_OF_A_TIME}{name}: ", "limit: int"), _BREACH)
        for name in ("session_id", "token_id", "address")
    ),
    Allowed(Fault.UNBOUNDED, "audit_log", ("{$group: {_id: $private.address}}",), _BREACH),
    Allowed(Fault.SORTS, "audit_log", ("{$match: {$or: [{target: str}, {actor: str}, ",), _TYPED),
    Allowed(
        Fault.SORTS, "sbd_accounts", ("{$match: {owner.id: str}}",), "the accounts of one owner: one or two"
    ),
    Allowed(Fault.SORTS, "sbd_accounts", ("{$match: {holders.user_id: str}}",), "the accounts of one holder"),
    Allowed(Fault.SORTS, "families", ("{$match: {members.user_id: str}}",), "the families of one person"),
)


class Look(NamedTuple):
    """One look into one collection: how much it examined, how much it handed on."""

    documents: int
    keys: int
    returned: int


@dataclass
class Watch:
    """Hears the product's commands, and looks at those of a shape that it has not met."""

    allowed: tuple[Allowed, ...] = ALLOWED

    def __post_init__(self) -> None:
        """Begin without having met any."""
        self._met: set[str] = set()
        self._new: dict[str, Command] = {}

    @contextmanager
    def on(self) -> Iterator[None]:
        """Hear what is sent inside the block."""
        commands.forget_request()
        with commands.heard_by(self.hear):
            yield

    def hear(self, command: Command) -> None:
        """Take a command in, if it is the product's."""
        if not commands.is_products(command) or not _is_in_scope(command):
            return
        for each in _single(command):
            shape = shape_of(each)
            if shape not in self._met:
                self._met.add(shape)
                self._new[shape] = each

    def verdicts(self) -> list[str]:
        """Return what is wrong with the shapes that are new since the last call, in words."""
        new, self._new = self._new, {}
        return [verdict for shape, command in new.items() for verdict in self._verdicts(shape, command)]

    def _verdicts(self, shape: str, command: Command) -> Iterator[str]:
        plan = commands.explained(command)
        for fault in faults(command, plan):
            if not any(each.covers(fault, shape) for each in self.allowed):
                yield f"A query {fault}.\n  shape: {shape}\n  plan: {_plan(plan)}\n  figures: {_looks(plan)}"


def faults(command: Command, plan: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with a query, by its own words and by the server's.

    Changes of many documents, and deletions, need an index and nothing else.
    """
    found = set(_stages(plan))
    wrong = []
    if "COLLSCAN" in found:
        wrong.append(Fault.SCANS)
    if _is_of_many(command):
        return wrong
    if "SORT" in found:
        wrong.append(Fault.SORTS)
    if any(max(each.documents, each.keys) > MOST_EXAMINED * each.returned + GRACE for each in _looks(plan)):
        wrong.append(Fault.EXAMINES)
    if READS & command.keys() and not _has_an_end(command):
        wrong.append(Fault.UNBOUNDED)
    return wrong


def shape_of(command: Command) -> str:
    """Return name, collection, and what decides on the plan, with types in place of values."""
    name = next(iter(command))
    asked = command[STATEMENTS[name]][0] if name in STATEMENTS else command
    parts = {part: asked[part] for part in PARTS[name] if part in asked}
    return f"{name} {command[name]} {_shape(parts)}"


def _is_in_scope(command: Command) -> bool:
    name = next(iter(command))
    return name in PARTS and command[name] not in OUT_OF_SCOPE


def _single(command: Command) -> Iterator[Command]:
    """Return the command once for each of its statements, since only one can be explained."""
    statements = STATEMENTS.get(next(iter(command)))
    if statements is None:
        yield command
    else:
        yield from ({**command, statements: [each]} for each in command[statements])


def _is_of_many(command: Command) -> bool:
    changes = any(each.get("multi") for each in command.get("updates", ()))
    return changes or "deletes" in command


def _shape(value: Any, name: str = "", *, is_condition: bool = False) -> str:
    """Return a value's type; what names a field is kept, but in a condition, where all texts are values."""
    if isinstance(value, Mapping):
        is_condition = (is_condition or name in CONDITIONS) and name != "$expr"
        if name in {"sort", "$sort"}:
            return str(dict(value))
        parts = (f"{key}: {_shape(each, key, is_condition=is_condition)}" for key, each in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, (list, tuple)):
        alike = dict.fromkeys(_shape(each, is_condition=is_condition) for each in value)
        return f"[{', '.join(alike)}]"
    if isinstance(value, str) and not is_condition and (value.startswith("$") or name in NAMING):
        return value
    return "null" if value is None else type(value).__name__


def _has_an_end(command: Command) -> bool:
    """Tell whether it is known before how much a read goes through at most."""
    name = next(iter(command))
    if name == "aggregate":
        pipeline = command["pipeline"]
        condition = pipeline[0].get("$match", {}) if pipeline else {}
        is_limited = any("$limit" in stage for stage in pipeline)
    else:
        condition = command.get("filter") or command.get("query") or {}
        # Of a whole collection the server knows the number without a read.
        is_limited = bool(command.get("limit")) or (name == "count" and not condition)
    return is_limited or _names_documents(command[name], condition)


def _names_documents(collection: str, condition: Mapping[str, Any]) -> bool:
    """Tell whether the condition says which documents: by ``_id``, or by all of a unique key."""
    fields = set(_said(condition))
    return any(key <= fields for key in _unique(collection))


def _said(condition: Mapping[str, Any]) -> Iterator[str]:
    for field, value in condition.items():
        if field == "$and":
            for part in value:
                yield from _said(part)
        elif not field.startswith("$") and _is_exact(value):
            yield field


def _is_exact(value: Any) -> bool:
    operators = isinstance(value, Mapping) and any(str(key).startswith("$") for key in value)
    return bool({"$eq", "$in"} & value.keys()) if operators else True


def _unique(collection: str) -> Iterator[set[str]]:
    yield {"_id"}
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    with commands.unwatched():
        indexes = database[collection].index_information()
    yield from ({field for field, _ in each["key"]} for each in indexes.values() if each.get("unique"))


def _nodes(plan: Any) -> Iterator[Mapping[str, Any]]:
    """Return every part of a plan, but for the ways that were not taken."""
    if isinstance(plan, Mapping):
        yield plan
        for name, inner in plan.items():
            if name not in commands.NOT_TAKEN and name != "command":
                yield from _nodes(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from _nodes(inner)


def _stages(plan: Mapping[str, Any]) -> Iterator[str]:
    for node in _nodes(plan):
        if isinstance(node.get("stage"), str):
            yield node["stage"]
        # A $lookup tells of its reads by a number, or by how it joins; a pipeline's own sort by its name.
        if node.get("collectionScans") or node.get("strategy") == "NestedLoopJoin":
            yield "COLLSCAN"
        if "$sort" in node and "nReturned" in node:
            yield "SORT"


def _plan(plan: Mapping[str, Any]) -> str:
    return ", ".join(dict.fromkeys(_stages(plan)))


def _looks(plan: Mapping[str, Any]) -> list[Look]:
    return [_look(node) for node in _nodes(plan) if "totalDocsExamined" in node]


def _look(node: Mapping[str, Any]) -> Look:
    reducing = (each for each in _nodes(node) if each.get("stage") in REDUCING)
    given = [each["inputStage"] for each in reducing if "inputStage" in each]
    returned = max(int(each.get("nReturned", 0)) for each in (node, *given))
    return Look(int(node["totalDocsExamined"]), int(node["totalKeysExamined"]), returned)
