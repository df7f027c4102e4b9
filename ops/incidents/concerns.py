"""Whom or what an incident is about, as a note says it: by an id that its history is looked up by."""

import re
from collections.abc import Iterable

_NOTE = re.compile(r"Concerns (?P<what>\S{1,200}): `manage\.py timeline ")


def note(what: str) -> str:
    """Return the note that an incident is about something, with the way to what happened to it."""
    return f"Concerns {what}: `manage.py timeline {what}`"


def named(texts: Iterable[str]) -> list[str]:
    """Return what such notes name, each once, in order."""
    return sorted({match["what"] for text in texts for match in _NOTE.finditer(text)})
