"""Alerts, and what is known of their episodes. No database, no clock.

An episode is a fingerprint and the moment since when it fires. Of each fingerprint the latest that was heard
is kept; a later start is later, and of the same start the end is. So whatever comes twice, late, or in
another order leaves the same behind.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ops.incidents.kinds import Kind, Severity
from ops.mongo.collections import Document

# Series of one alert whose episodes are remembered; whichever ended first is forgotten first.
MOST_EPISODES = 200


class Alert(NamedTuple):
    """An alert, as Alertmanager tells of it; ``ends_at``: ``None``, it fires."""

    fingerprint: str
    name: str
    severity: Severity
    kind: Kind
    section: int | None
    labels: Mapping[str, str]
    summary: str
    command: str
    starts_at: datetime
    ends_at: datetime | None

    @property
    def about(self) -> str:
        """What its incident is about: of each name one is open at most."""
        return f"alert:{self.name}"

    @property
    def kept(self) -> Document:
        """As it stands in an incident."""
        return {
            "name": self.name,
            "labels": dict(self.labels),
            "summary": self.summary,
            "command": self.command,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
        }


class News(StrEnum):
    """What an alert tells that was not known."""

    NOTHING = "nothing"
    FIRES = "fires"
    ENDED = "ended"


def news(known: Mapping[str, Any], alert: Alert) -> News:
    """Say what an alert tells; ``known``: the latest episode by fingerprint, ``{starts_at, ends_at}``."""
    before = known.get(alert.fingerprint)
    if before is not None:
        if alert.starts_at < before["starts_at"]:
            return News.NOTHING
        if alert.starts_at == before["starts_at"] and (
            alert.ends_at is None or before["ends_at"] is not None
        ):
            return News.NOTHING
    return News.FIRES if alert.ends_at is None else News.ENDED


def remembered(known: Mapping[str, Any], alert: Alert) -> dict[str, Any]:
    """Return the latest episodes with one more, and with as many as are remembered."""
    episode = {"starts_at": alert.starts_at, "ends_at": alert.ends_at}
    return bounded({**known, alert.fingerprint: episode})


def bounded(episodes: Mapping[str, Any]) -> dict[str, Any]:
    """Return as many as are remembered: what has ended goes first, the longest ago first."""
    if len(episodes) <= MOST_EPISODES:
        return dict(episodes)

    def rank(fingerprint: str) -> tuple[bool, datetime]:
        each = episodes[fingerprint]
        return each["ends_at"] is None, each["ends_at"] or each["starts_at"]

    kept = set(sorted(episodes, key=rank)[-MOST_EPISODES:])
    return {fingerprint: each for fingerprint, each in episodes.items() if fingerprint in kept}
