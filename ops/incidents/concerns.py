"""Whom or what an incident is about, as a note says it: by an id that its history is looked up by."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ops.actors import Actor
from ops.incidents import acting, opening
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work

_NOTE = re.compile(r"Concerns (?P<what>\S{1,200}): `manage\.py timeline ")


def note(what: str) -> str:
    """Return the note that an incident is about something, with the way to what happened to it."""
    return f"Concerns {what}: `manage.py timeline {what}`"


def named(texts: Iterable[str]) -> list[str]:
    """Return what such notes name, each once, in order."""
    return sorted({match["what"] for text in texts for match in _NOTE.finditer(text)})


@unit_of_work()
def opened(said: Mapping[str, Any], *, actor: Actor, now: datetime) -> Document:
    """Open an incident by hand and note what is known of it, in one; returns it. Raises as ``open_by_hand``.

    Args:
        said: ``kind, severity, title, section, known_at``; ``concerns``, an id or nothing; and, where it was
            asked for, ``known``: a note.
        actor: who opens it.
        now: when.
    """
    incident = opening.open_by_hand(
        said["kind"],
        said["severity"],
        said["title"],
        section=said["section"],
        known_at=said["known_at"],
        actor=actor,
        now=now,
    )
    notes = (said.get("known"), said["concerns"] and note(said["concerns"]))
    for each in filter(None, notes):
        incident = acting.note(incident["_id"], each, actor=actor, now=now)
    return incident
