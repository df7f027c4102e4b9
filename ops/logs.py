"""Logs: one JSON line an event on standard output, with the level in capitals.

No token, password, mail body or query string is ever part of a line: events carry ids. Source: design,
section 8.
"""

import json
import logging.config
import sys
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger


def logger(name: str) -> Any:
    """Return the logger of a module; its lines name it."""
    return structlog.get_logger(logger_name=name)  # structlog keeps the word `logger` for itself


def configure(options: Mapping[str, Any]) -> None:
    """Set up both our own events and those of libraries; Django calls this with ``settings.LOGGING``."""
    level = str(options["level"])
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, _name_logger, *_shared(), _as_json_bytes],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": "ops.logs.formatter"}},
            "handlers": {
                "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
            },
            "root": {"handlers": ["out"], "level": level},
            "loggers": {
                # What these say of a refused request we say ourselves, with its request id.
                "django.request": {"level": "CRITICAL"},
                "django.security": {"level": "ERROR"},
                "pymongo": {"level": "WARNING"},
            },
        }
    )


def be_silent() -> None:
    """Log nothing below CRITICAL from now on, for a command whose output says it all."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.ERROR)


def formatter() -> logging.Formatter:
    """Return the formatter of what libraries log, in the same shape; also named in uvicorn's file."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.stdlib.add_log_level,
            *_shared(),
            _as_json_text,
        ],
    )


def _shared() -> list[Any]:
    return [
        structlog.processors.add_log_level,
        _level_in_capitals,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]


def _name_logger(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["logger"] = event.pop("logger_name", None)
    return event


def _level_in_capitals(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The runbook greps for ``ERROR``."""
    event["level"] = str(event["level"]).upper()
    return event


def _as_json_bytes(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        # Half a surrogate pair, a huge integer: a line that cannot be written must not end the request.
        return json.dumps(event, default=str, skipkeys=True).encode()


def _as_json_text(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return _as_json_bytes(logger, method, event).decode()
