"""How a line comes about: what is in it, and where it goes."""

import json
import logging.config
import os
import sys
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from ops.logs import readable
from ops.logs.scrubbing import scrubbed

READABLE = "readable"
# Says the format to what starts before there are settings: uvicorn's own lines.
FORMAT = "LOG_FORMAT"
# One list for ever: a logger keeps the one it was first used with, and a process may be set up twice.
_processors: list[Any] = []


def logger(name: str) -> Any:
    """Return the logger of a module; its lines name it."""
    return structlog.get_logger(logger_name=name)  # structlog keeps the word `logger` for itself


def configure(options: Mapping[str, Any]) -> None:
    """Set up both our own events and those of libraries; Django calls this with ``settings.LOGGING``."""
    level, form = str(options["level"]), str(options["format"])
    _processors[:] = [
        structlog.contextvars.merge_contextvars,
        _name_logger,
        *_shared(),
        _as_readable_bytes if form == READABLE else _as_json_bytes,
    ]
    structlog.configure(
        processors=_processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"house": {"()": "ops.logs.formatter", "form": form}},
            "handlers": {
                "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "house"}
            },
            "root": {"handlers": ["out"], "level": level},
            "loggers": {
                # What these say of a refused request we say ourselves, with its request id.
                "django.request": {"level": "CRITICAL"},
                "django.security": {"level": "ERROR"},
                "pymongo": {"level": "WARNING"},
                # It names whole addresses.
                "httpx": {"level": "WARNING"},
            },
        }
    )


def be_silent() -> None:
    """Log nothing below CRITICAL from now on, for a command whose output says it all."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.ERROR)


def formatter(form: str | None = None) -> logging.Formatter:
    """Return the formatter of what libraries log, in the same shape; also named in uvicorn's file.

    ``form``: ``None``: as the environment says, for who has no settings yet.
    """
    form = form or os.environ.get(FORMAT)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            _scrub_event,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.stdlib.add_log_level,
            *_shared(),
            _as_readable_text if form == READABLE else _as_json_text,
        ],
    )


def _shared() -> list[Any]:
    return [
        structlog.processors.add_log_level,
        _level_in_capitals,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _scrub_exception,
    ]


def _name_logger(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["logger"] = event.pop("logger_name", None)
    return event


def _level_in_capitals(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The runbook greps for ``ERROR``."""
    event["level"] = str(event["level"]).upper()
    return event


def _scrub_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["event"] = scrubbed(str(event["event"]))
    return event


def _scrub_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if "exception" in event:
        event["exception"] = scrubbed(event["exception"])
    return event


def _as_json_bytes(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        # Half a surrogate pair, a huge integer: a line that cannot be written must not end the request.
        return json.dumps(event, default=str, skipkeys=True).encode()


def _as_json_text(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return _as_json_bytes(logger, method, event).decode()


def _as_readable_bytes(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    return _as_readable_text(logger, method, event).encode(errors="backslashreplace")


def _as_readable_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return readable.line(event, coloured=sys.stdout.isatty())
