"""Days and moments in queries, and moments in bodies.

Source: HTTP contract, section 1.1 (time): a day is written ``YYYY-MM-DD``, a moment as RFC 3339 has it.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from rest_framework.request import Request

from ops.errors import DomainError, FieldFault

LAST = datetime.max.replace(microsecond=0, tzinfo=UTC)
MESSAGE = "A day is written YYYY-MM-DD, a moment 2026-11-26T09:30:00Z, with its offset from UTC."
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
ONE_DAY, MILLISECOND = timedelta(days=1), timedelta(milliseconds=1)


class InvalidDateFormatError(DomainError):
    """What was sent as a day or a moment is none."""

    code = "INVALID_DATE_FORMAT"
    meaning = "A date is not written as it must be, or there is no such day; details lists every faulty one."

    def __init__(self, faults: Sequence[FieldFault], message: str = MESSAGE) -> None:
        """Take all faulty dates at once."""
        super().__init__(message, details=[fault._asdict() for fault in faults])


class Bounds:
    """The days and moments of a query: where it begins and where it ends."""

    def __init__(self, request: Request, body: Mapping[str, str] = MappingProxyType({})) -> None:
        """Take the call; ``body``: fields that may stand there as well, and win."""
        self._sent = {**request.query_params.dict(), **body}
        self._body = body
        self._faults: list[FieldFault] = []

    def first(self, name: str) -> datetime | None:
        """Return a moment, or the first one of a day; ``None``: it was not sent."""
        return self._read(name)[0]

    def after(self, name: str) -> datetime | None:
        """Return a moment, or the first one after a day; ``None``: it was not sent."""
        return self._read(name)[1]

    def last(self, name: str) -> datetime | None:
        """Return a moment, or the last one of a day; ``None``: it was not sent."""
        first, after = self._read(name)
        return first if first == after or after is None else after - MILLISECOND

    def require(self) -> None:
        """Let the call pass if all that was read could be.

        Raises:
            InvalidDateFormatError: with every faulty one.
        """
        if self._faults:
            raise InvalidDateFormatError(self._faults)

    def _read(self, name: str) -> tuple[datetime | None, datetime | None]:
        """Return the first moment that was meant, and the first one after; of a moment both are itself."""
        text = self._sent.get(name)
        if text is None:
            return None, None
        with suppress(ValueError, OverflowError):  # no such day, or beyond all that there are
            if _DAY.match(text):
                day = datetime.combine(date.fromisoformat(text), time(), UTC)
                return day, day + min(ONE_DAY, LAST - day)
        if moment := moment_of(text):
            return moment, moment
        field = name if name in self._body else f"query.{name}"
        self._faults.append(FieldFault(field, "invalid_format", MESSAGE))
        return None, None


def moment_of(text: str) -> datetime | None:
    """Return the moment that a text is, as the database keeps it; ``None``: it is none."""
    with suppress(ValueError, OverflowError):  # no such day, or beyond all that there are
        if _MOMENT.match(text):
            return _in_milliseconds(datetime.fromisoformat(text.upper()).astimezone(UTC))
    return None


def _in_milliseconds(moment: datetime) -> datetime:
    """Return a moment as the database keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
