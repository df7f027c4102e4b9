"""What the profiler has recorded: the slowest operations, those of one shape together.

Nothing personal: of a query its fields and operators are shown, and types in place of values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.mongo.collections import Document, collection
from ops.profiling.switching import PROFILE

# All that its capped collection holds: 1 MB, at a few hundred bytes each.
MOST = 5000
LONGEST_SHAPE = 300
# What decides on how an operation is carried out, whatever it is called there.
PARTS = ("filter", "q", "query", "pipeline", "sort", "key", "u", "update", "updates", "limit", "hint")
# Strings that name a part of the schema, not a value.
NAMING = frozenset({"from", "as", "localField", "foreignField", "path", "key"})


@dataclass
class Shape:
    """Operations of one shape."""

    operation: str
    collection: str
    shape: str
    count: int = 0
    most_ms: int = 0
    all_ms: int = 0
    keys: int = 0
    documents: int = 0
    returned: int = 0
    plan: str = ""
    comment: str = ""

    def add(self, recorded: Mapping[str, Any]) -> None:
        """Count one more; figures and comment are those of the slowest."""
        ms = int(recorded.get("millis", 0))
        self.count += 1
        self.all_ms += ms
        if ms < self.most_ms:
            return
        self.most_ms = ms
        self.keys = int(recorded.get("keysExamined", 0))
        self.documents = int(recorded.get("docsExamined", 0))
        self.returned = int(
            recorded.get("nreturned", recorded.get("nModified", recorded.get("ninserted", 0)))
        )
        self.plan = str(recorded.get("planSummary", ""))
        self.comment = comment_of(recorded)


def slowest(most: int) -> list[Shape]:
    """Return the shapes whose slowest operation took longest, with all that was recorded of them."""
    stored: Iterable[Document] = collection(PROFILE).find({}, limit=MOST)
    shapes: dict[tuple[str, ...], Shape] = {}
    for each in stored:
        kept = _kind(each)
        if not kept[1].startswith("system."):
            shapes.setdefault(kept, Shape(*kept)).add(each)
    return sorted(shapes.values(), key=lambda shape: -shape.most_ms)[:most]


def comment_of(recorded: Mapping[str, Any]) -> str:
    """Return route or job, and request id, of an operation."""
    command = recorded.get("command", {})
    begun = recorded.get("originatingCommand", {})
    return str(command.get("comment") or begun.get("comment") or "")


def _kind(recorded: Mapping[str, Any]) -> tuple[str, str, str]:
    command = recorded.get("originatingCommand") or recorded.get("command", {})
    parts = {part: command[part] for part in PARTS if part in command}
    name = str(recorded.get("op", "?"))
    operation = next(iter(command), name) if name == "command" else name
    return operation, str(recorded.get("ns", "")).partition(".")[2], shape_of(parts)[:LONGEST_SHAPE]


def shape_of(value: Any, name: str = "", *, in_order: bool = False) -> str:
    """Return a part of a command with types in place of its values."""
    if isinstance(value, Mapping):
        ordered = in_order or name in {"sort", "$sort", "hint"}
        parts = (f"{key}: {shape_of(each, key, in_order=ordered)}" for key, each in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(dict.fromkeys(shape_of(each, name, in_order=in_order) for each in value))}]"
    if (in_order and isinstance(value, int)) or (isinstance(value, str) and name in NAMING):
        return str(value)
    return "null" if value is None else type(value).__name__
