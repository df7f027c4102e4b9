"""The lines of the log as they are written."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from ops.logs import formatter


class _Kept(logging.Handler):
    def __init__(self, kept: list[str]) -> None:
        super().__init__()
        self._kept = kept
        self.setFormatter(formatter("json"))

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(self.format(record))


@contextmanager
def written() -> Iterator[list[str]]:
    """Return the lines that are written inside the block: our own events, and those of libraries."""
    kept: list[str] = []
    # The list itself is changed: loggers that were used before keep it.
    processors: list[Any] = structlog.get_config()["processors"]
    render = processors[-1]

    def keep(*event: Any) -> Any:
        line = render(*event)
        kept.append(line.decode())
        return line

    handler = _Kept(kept)
    processors[-1] = keep
    logging.getLogger().addHandler(handler)
    try:
        yield kept
    finally:
        processors[-1] = render
        logging.getLogger().removeHandler(handler)


def events(lines: list[str], **facts: Any) -> list[dict[str, Any]]:
    """Return the events of lines, of which these facts are true."""
    read = [json.loads(line) for line in lines]
    return [each for each in read if facts.items() <= each.items()]
