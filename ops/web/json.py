"""JSON, strictly read and compactly written.

Source: HTTP contract, section 1.1; RFC 8259.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any, NoReturn

import orjson
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from ops.errors import FieldFault, PayloadTooLargeError, ValidationFailedError

BODY_BYTES = 64 * 1024
DEEPEST = 16
_SURROGATE = re.compile("[\ud800-\udfff]")


class _RefusedError(ValueError):
    """The text is JSON to a lenient reader, and not to us."""


def timestamp(moment: datetime) -> str:
    """Return a moment as the contract writes it: UTC, microseconds, ``Z``."""
    # Not strftime: it writes years before 1000 with fewer than four digits.
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def dumps(value: Any) -> bytes:
    """Return compact JSON."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def loads(text: bytes) -> Any:
    """Read JSON; duplicate keys, NaN, lone surrogates and deep nesting are refused.

    Raises:
        ValidationFailedError: with one fault, field ``body``.
    """
    try:
        value = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
        )
        _look_through(value, DEEPEST)
    except _RefusedError as error:
        raise _broken(str(error)) from None
    except (ValueError, RecursionError):
        # ValueError: broken JSON or UTF-8, or an integer of thousands of digits.
        raise _broken("The body is not JSON in UTF-8.") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "The body holds a key twice."
        raise _RefusedError(msg)
    return found


def _no_constant(_name: str) -> NoReturn:
    msg = "NaN and Infinity are not JSON."
    raise _RefusedError(msg)


def _look_through(value: Any, depth: int) -> None:
    if depth == 0:
        msg = f"The body is nested deeper than {DEEPEST} levels."
        raise _RefusedError(msg)
    if isinstance(value, str):
        if _SURROGATE.search(value):
            msg = "The body holds half a surrogate pair."
            raise _RefusedError(msg)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _look_through(key, depth)
            _look_through(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _look_through(inner, depth - 1)


def _broken(message: str) -> ValidationFailedError:
    return ValidationFailedError([FieldFault("body", "invalid_format", message)])


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return timestamp(value)
    raise TypeError(type(value).__name__)


class StrictJsonParser(BaseParser):
    """The one parser of bodies."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  # DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Return what the body holds.

        Raises:
            PayloadTooLargeError: more than 64 KiB.
            ValidationFailedError: not strict JSON.
        """
        text = stream.read(BODY_BYTES + 1)
        if len(text) > BODY_BYTES:
            raise PayloadTooLargeError(limit=BODY_BYTES)
        return loads(text)


class JsonRenderer(BaseRenderer):
    """The one renderer of answers."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  # DRF's signature
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        """Return compact JSON; an answer without a body stays without."""
        return b"" if data is None else dumps(data)
