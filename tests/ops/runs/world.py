"""Many documents to act on, and looks at what a run has done to them."""

from typing import Any

from ops import clock
from ops.mongo.collections import Document, collection
from ops.runs.records import NAME, PARTS
from tests.console import LIST, Console, Page
from tests.database import audit, documents
from tests.factories import Person

RULES = LIST["access rules"]
REASON = "as asked by phone"


def add_rules(number: int) -> list[str]:
    """Make rules of access past their action; returns their ids, as the list has them."""
    made = some_rules(number)
    collection("access_rules").insert(*made)
    return [str(each["_id"]) for each in reversed(made)]


def some_rules(number: int) -> list[Document]:
    """Return rules of access, which are about different addresses."""
    return [_rule(each, f"acr_{each:030x}") for each in range(number)]


def rules() -> set[str]:
    """Return the ids of the rules that there are."""
    return {each["_id"] for each in documents("access_rules")["access_rules"]}


def begin(console: Console, number: int, **more: str) -> Page:
    """Confirm that all rules of a list shall be removed; ``number``: how many the page told of."""
    return console.ask(RULES, "remove", every="1", counted=str(number), confirmed="1", reason=REASON, **more)


def run() -> Document:
    """Return the only run."""
    (found,) = documents(NAME)[NAME]
    return found


def outcomes() -> list[tuple[str, str, str]]:
    """Return id, result and sentence of all documents that have their outcome, in the order of the run."""
    return [
        (identifier, outcome["result"], outcome["sentence"])
        for part in documents(PARTS)[PARTS]
        for identifier, outcome in zip(part["ids"], part["outcomes"], strict=False)
    ]


def is_consistent(found: Document) -> bool:
    """Tell whether position, counts and parts agree."""
    return bool(found["position"] == sum(found["counts"].values()) == len(outcomes()))


def removed(by: Person) -> list[str]:
    """Return the rules whose removal the audit log tells of, each as often as it does."""
    entries = audit("access.removed")
    assert {each["actor"] for each in entries} <= {by.id}
    return [each["target"] for each in entries]


def _rule(number: int, identifier: str) -> dict[str, Any]:
    return {
        "_id": identifier,
        "v": 1,
        "list": "block",
        "kind": "address",
        "value": f"10.7.{number // 250}.{number % 250}",
        "until": None,
        "reason": "for a test",
        "by": "system:tests",
        "created_at": clock.now(),
    }
