"""What was touched: families, accounts, persons, documents and fields, tokens, ways in; and what was read.

Source: runbook inventory, C21 and C22.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ops.breach import reads, registry, searching
from ops.breach.reads import Read
from ops.breach.registry import Movement
from ops.breach.searching import Wanted
from ops.logs.journal import Line
from ops.mongo.collections import Document

FAMILY, ACCOUNT, PERSON, TRANSACTION = "fam_", "acc_", "user_", "txn_"
# With these somebody comes back; they are what is followed.
SESSION, TOKEN = "ses_", "tok_"


class Way(NamedTuple):
    """A way in, or a right, that somebody got: what, which document, and by which entry."""

    at: datetime
    what: str
    target: str
    actor: str
    entry: str


@dataclass
class Scope:
    """What the acts of somebody have touched.

    Attributes:
        wanted: whose acts these are; more than one where new sessions and tokens were followed.
        entries: ids of the audit entries, in the order in which they were found.
        actions: how often what was done.
        documents: ids of what was changed, by collection; or of the family or person whose it is.
        fields: which fields were changed, by collection.
        families, accounts, persons: ids of all that entries are about, or name.
        ways: by what somebody may come back.
        seen: who acted, and from where: counts by id, by the names ``actors``, ``addresses``, ``sessions``,
            ``tokens`` and ``requests``.
        movements: which tokens were moved.
        reads: what was read, by route; ``None``: no lines of the log were looked at.
        theirs: families of those who read what has no family in its path: what they saw of them.
        notes: what is to be known of it, a sentence each.
    """

    wanted: list[Wanted]
    entries: dict[str, datetime] = field(default_factory=dict)
    actions: Counter[str] = field(default_factory=Counter)
    documents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    fields: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    families: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)
    ways: list[Way] = field(default_factory=list)
    seen: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    movements: list[Movement] = field(default_factory=list)
    reads: list[Read] | None = None
    theirs: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """How many tokens were moved in sum."""
        return sum(each.total for each in self.movements)


def find(wanted: Wanted, lines: Iterable[Line] | None, *, follow: bool = False) -> Scope:
    """Return what was touched.

    Args:
        wanted: whose acts.
        lines: of the log, in which what was read stands; ``None``: only the audit log is asked.
        follow: the sessions that were opened and the permanent tokens that were made are looked for, too.
    """
    scope = Scope([])
    waiting = [wanted]
    while waiting:
        each = waiting.pop(0)
        scope.wanted.append(each)
        known = len(scope.ways)
        before = len(scope.entries)
        for entry in searching.entries(each):
            _add(scope, entry)
        if len(scope.entries) - before == searching.MOST:
            scope.notes.append(f"Only {searching.MOST:,} entries were looked at: ask for less at a time.")
        if follow:
            waiting += _keys(scope.ways[known:], wanted)
    _add_movements(scope)
    if lines is not None:
        _add_reads(scope, lines)
    return scope


def _keys(ways: Iterable[Way], wanted: Wanted) -> Iterator[Wanted]:
    for way in ways:
        if way.target.startswith(SESSION):
            yield Wanted(wanted.since, wanted.until, session=way.target)
        elif way.target.startswith(TOKEN):
            yield Wanted(wanted.since, wanted.until, token=way.target)


def _add(scope: Scope, entry: Document) -> None:
    if entry["_id"] in scope.entries:
        return
    scope.entries[entry["_id"]] = entry["at"]
    scope.actions[entry["action"]] += 1
    target, private = str(entry["target"]), entry.get("private") or {}
    changed = registry.changed_by(entry["action"], target, entry.get("family_id"))
    if changed is not None:
        where, document = changed
        scope.documents[where].add(document)
        scope.fields[where].update(_fields(entry, private))
    _name(scope, (target, entry.get("family_id"), entry.get("before"), entry.get("after")))
    if what := registry.ways().get(entry["action"]):
        scope.ways.append(Way(entry["at"], what, target, entry["actor"], entry["_id"]))
    seen = {
        "actors": entry["actor"],
        "addresses": private.get("address"),
        "sessions": private.get("session_id"),
        "tokens": private.get("token_id"),
        "requests": entry.get("request_id"),
    }
    for name, value in seen.items():
        if value:
            scope.seen[name][value] += 1


def _fields(entry: Document, private: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of what was changed; of what people wrote, by the noun of the action."""
    for part in (entry.get("before"), entry.get("after"), private.get("before"), private.get("after")):
        if isinstance(part, Mapping):
            yield from part
        elif part is not None:
            yield str(entry["action"]).partition(".")[0]


def _name(scope: Scope, value: Any) -> None:
    """Keep the ids of families, accounts, persons and transactions that a value holds, however deep."""
    if isinstance(value, str):
        for prefix, kept in ((FAMILY, scope.families), (ACCOUNT, scope.accounts), (PERSON, scope.persons)):
            if value.startswith(prefix):
                kept.add(value)
        if value.startswith(TRANSACTION):
            scope.documents[registry.collection_of(value) or TRANSACTION].add(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            _name(scope, each)
    elif isinstance(value, list | tuple):
        for each in value:
            _name(scope, each)


def _add_movements(scope: Scope) -> None:
    """Look up the transactions that entries name: which accounts, whose, and how much."""
    named = {each for ids in scope.documents.values() for each in ids if each.startswith(TRANSACTION)}
    scope.movements = registry.movements(sorted(named))
    for each in scope.movements:
        scope.accounts.update(each.amounts)
        scope.families.update(each.families.values())


def _add_reads(scope: Scope, lines: Iterable[Line]) -> None:
    scope.reads = reads.find(scope.wanted, scope.seen, lines)
    for each in scope.reads:
        scope.families.update(each.families)
    about_themselves = {user for each in scope.reads if each.is_of_caller for user in each.users}
    scope.theirs = registry.families_of(sorted(about_themselves))
