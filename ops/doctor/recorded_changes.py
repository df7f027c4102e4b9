"""The changes that MongoDB keeps: starts of units, and what operators did."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from ops.deployments import recording
from ops.doctor.change import Change
from ops.models.audit import OPERATORS
from ops.mongo.collections import Document, collection

STARTS, ACTIONS = 100, 50
NAMES_SHOWN = 5
DIGITS = 12
KEY = "SECRET_KEY"
# That somebody came, or wrote something about an incident, is no change of anything.
SIGN_INS = ("session.opened", "session.refreshed", "session.confirmed", "session.revoked")
OF_INCIDENTS = re.compile(r"^incident\.")


def since(moment: datetime) -> list[Change]:
    """Return them from a moment on, in no order. Two round trips, bounded."""
    return [*_starts(recording.latest(STARTS), moment), *_actions(moment)]


def starts(since: datetime, until: datetime) -> list[Change]:
    """Return the starts of units between two moments, in no order, as far as they are among the latest."""
    known = [each for each in recording.latest(recording.KEPT) if each["at"] <= until]
    return list(_starts(known, since))


def acts(since: datetime, until: datetime) -> list[Change]:
    """Return what operators did between two moments, each act for itself, the newest first; bounded."""
    found = _entries({"$gte": since, "$lte": until})
    return [Change(each["at"], f"{each['action']} {each['target']}", each["actor"]) for each in found]


def _starts(records: Sequence[Document], moment: datetime) -> Iterator[Change]:
    """Yield the starts since then: a line for all of a release, and one for settings that are others."""
    by_unit: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for each in records:
        by_unit[each["host"], each["role"]].append(each)
    together: dict[tuple[str, str | None], list[Document]] = defaultdict(list)
    for starts in by_unit.values():
        # The oldest has none before it: whether it brought anything new, nobody knows.
        for new, old in zip(starts, [*starts[1:], None], strict=True):
            if new["at"] >= moment:
                before = None if old is None else _release(old)
                together[_release(new), before].append(new)
                yield from _other_settings(new, old)
    for (release, before), starts in together.items():
        yield _started(starts, release, before)


def _started(starts: Sequence[Document], release: str, before: str | None) -> Change:
    names = [each["role"] for each in starts]
    units = ", ".join(
        f"{name} ({names.count(name)} times)" if names.count(name) > 1 else name
        for name in sorted(set(names))
    )
    news = f", before it {before}" if before not in (None, release) else ""
    newest = max(starts, key=lambda each: each["at"])
    return Change(newest["at"], f"started: {units}, release {release}{news}", newest["by"])


def _release(record: Document) -> str:
    commit = record["commit"]
    return f"{record['version']} ({commit[:DIGITS]})" if commit else str(record["version"])


def _other_settings(new: Document, old: Document | None) -> Iterator[Change]:
    """Tell which settings are not what they were; records of older releases hold none."""
    are, were = new.get("settings"), (old or {}).get("settings")
    if are and were and (names := _differing(are, were)):
        yield Change(new["at"], f"other settings for {new['role']}: {_listed(names)}", new["by"])


def _differing(are: Mapping[str, str], were: Mapping[str, str]) -> list[str]:
    names = [name for name in sorted({*are, *were}) if are.get(name) != were.get(name)]
    # All digests are made with it.
    return [KEY] if KEY in names else names


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _entries(at: Mapping[str, datetime]) -> list[Document]:
    """Return what operators did in a span of time, the newest first."""
    return collection("audit_log").find(
        {**OPERATORS, "at": at, "action": {"$nin": [*SIGN_INS, OF_INCIDENTS]}},
        {"at": 1, "action": 1, "actor": 1, "target": 1},
        sort=[("at", -1), ("_id", -1)],
        limit=ACTIONS,
    )


def _actions(moment: datetime) -> Iterator[Change]:
    """Yield what operators did, the same thing by the same person in one line."""
    found: list[Any] = _entries({"$gte": moment})
    for (action, actor), entries in groupby(found, lambda each: (each["action"], each["actor"])):
        newest, *others = entries
        what = f"{action} ({1 + len(others)} times)" if others else f"{action} {newest['target']}"
        yield Change(newest["at"], what, actor)
