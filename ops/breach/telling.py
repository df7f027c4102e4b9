"""A scope and threats as text, and as JSON."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from ops.breach.reads import Read
from ops.breach.scope import Scope, Way
from ops.breach.searching import Wanted
from ops.breach.threats import Threats

NO_LINES = "What was read is not known: no line of the log was looked at."
TIME = "%Y-%m-%d %H:%M:%S"


def as_document(scope: Scope) -> dict[str, Any]:
    """Return a scope as JSON knows it."""
    told = vars(scope) | {
        "reads": None if scope.reads is None else [vars(each) for each in scope.reads],
        "wanted": [_asked(each) for each in scope.wanted],
        "moved": scope.moved,
        "movements": [each._asdict() for each in scope.movements],
        "ways": [each._asdict() for each in scope.ways],
    }
    found: dict[str, Any] = _plain(told)
    return found


def threats_as_document(threats: Threats) -> dict[str, Any]:
    """Return threats as JSON knows them."""
    parts = ("attacks", "sessions", "ways")
    told = threats._asdict() | {name: [each._asdict() for each in getattr(threats, name)] for name in parts}
    found: dict[str, Any] = _plain(told)
    return found


def as_text(scope: Scope) -> Iterator[str]:
    """Yield the lines that people read."""
    for each in scope.wanted:
        yield "Acts of " + ", ".join(f"{name} {value}" for name, value in _asked(each).items())
    yield from (f"Note: {each}" for each in scope.notes)
    yield f"{len(scope.entries):,} changes, {len(scope.documents):,} collections"
    for name, kept in sorted(scope.seen.items()):
        yield from _listed(f"{name} seen", (f"{value} ({count})" for value, count in kept.most_common()))
    yield from _listed("did", (f"{action} ({count})" for action, count in scope.actions.most_common()))
    for title, found in (
        ("families", scope.families),
        ("accounts", scope.accounts),
        ("persons", scope.persons),
    ):
        yield from _listed(title, sorted(found))
    for name, ids in sorted(scope.documents.items()):
        fields = ", ".join(sorted(scope.fields.get(name, ())))
        yield from _listed(f"changed in {name}{f' ({fields})' if fields else ''}", sorted(ids))
    moved = (
        f"{each.id} {each.at:{TIME}} {each.kind} "
        + ", ".join(f"{account} {amount:+,}" for account, amount in each.amounts.items())
        for each in scope.movements
    )
    yield from _listed(f"{scope.moved:,} tokens moved", moved)
    yield from _listed("ways in that were made", map(way, scope.ways))
    yield from _read(scope)


def threats_as_text(threats: Threats) -> Iterator[str]:
    """Yield the lines that people read."""
    yield f"Since {threats.since:{TIME}} UTC"
    attacks = (f"{each.type} {each.subject}: {each.times} times" for each in threats.attacks)
    yield from _listed("looks like an attack", attacks)
    if threats.failures is None:
        yield "Sign-ins that failed, and the share of 429: no line of the log could be read."
    else:
        failed = (f"{who}: {count} times" for who, count in threats.failures)
        yield from _listed("sign-ins that failed", failed)
        yield f"{threats.refused:,} of {threats.requests:,} requests were refused with 429."
    sessions = (
        f"{each.number} of {each.users} users from {each.address}, {each.agent}" for each in threats.sessions
    )
    yield from _listed("sessions in force", sessions)
    yield from _listed("ways in that were made", map(way, threats.ways))


def way(made: Way) -> str:
    """Return a way in, in a line."""
    return f"{made.at:{TIME}} {made.what}: {made.target}, by {made.actor} ({made.entry})"


def _read(scope: Scope) -> Iterator[str]:
    if scope.reads is None:
        yield NO_LINES
        return
    yield from _listed("requests that were answered", map(read, scope.reads))
    about = (f"{user}: {', '.join(families) or 'none'}" for user, families in scope.theirs.items())
    yield from _listed("families of who asked about what is theirs", about)


def read(each: Read) -> str:
    """Return what was read of a route, in a line."""
    families = f" of {', '.join(sorted(each.families))}" if each.families else ""
    holds = f": {', '.join(each.holds)}" if each.holds else ""
    return f"{each.method} {each.route} {each.number} times{families}{holds}"


def _listed(title: str, lines: Any) -> Iterator[str]:
    found = list(lines)
    yield f"{title}: {len(found)}"
    yield from (f"  {each}" for each in found)


def _asked(wanted: Wanted) -> dict[str, str]:
    found = {name: value for name, value in wanted._asdict().items() if value is not None}
    return {
        name: f"{value:{TIME}} UTC" if isinstance(value, datetime) else str(value)
        for name, value in found.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(each) for each in value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, IPv4Network | IPv6Network) else value
