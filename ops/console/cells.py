"""Cells of lists as files have them: text for HTML, times in UTC, numbers as such, ids by themselves."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from django.contrib.admin.utils import lookup_field
from django.utils.safestring import SafeString

from ops.console.showing import NOTHING, Amount
from ops.web.json import timestamp

_TIME = re.compile(r'<time datetime="([^"]+)"[^>]*>[^<]*</time>')
_ID = re.compile(r'<a href="[^"]*" title="([^"]+)">')
_TAG = re.compile(r"<[^>]+>")


class Cell(NamedTuple):
    """A value without its looks, and the ids that it links to."""

    value: Any
    ids: tuple[str, ...] = ()


def of(page: Any, name: str, document: Any) -> Cell:
    """Return what a column of a page shows of a document."""
    _field, _attr, value = lookup_field(name, document, page)
    if isinstance(value, SafeString):
        return _read(value)
    return Cell(_plain(value))


def as_text(value: Any) -> Any:
    """Return a value as a cell of a table: claims as yes or no, structures as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping | list):
        return _json(value).decode() if value else None
    return value


def as_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as a line of JSON."""
    return _json(row) + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Amount):
        return value.number
    if isinstance(value, str) and value in {"", NOTHING}:
        return None
    return timestamp(value) if isinstance(value, datetime) else value


def _read(shown: str) -> Cell:
    """Return what safe HTML says; in it every value is escaped, so what looks like a tag is one."""
    if "<" not in shown:
        text = html.unescape(shown)
        return Cell(None if text == NOTHING else text)
    if is_time := _TIME.fullmatch(shown):
        return Cell(_utc(is_time[1]))
    told = _TIME.sub(lambda found: _utc(found[1]), shown)
    text = " ".join(html.unescape(_TAG.sub("", told)).split())
    return Cell(text, tuple(html.unescape(each) for each in _ID.findall(shown)))


def _utc(written: str) -> str:
    return timestamp(datetime.fromisoformat(written).astimezone(UTC))


def _json(value: Any) -> bytes:
    return orjson.dumps(
        value, default=_other, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    )


def _other(value: Any) -> str:
    return timestamp(value) if isinstance(value, datetime) else str(value)
