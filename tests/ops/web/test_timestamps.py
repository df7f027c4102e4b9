"""Moments as answers have them. Source: HTTP contract, section 1.1 (time)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ops.web.json import timestamp

EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 11, 26, 9, 30, tzinfo=UTC), "2026-11-26T09:30:00.000000Z"),
        (datetime(2026, 11, 26, 1, 0, 0, 120, tzinfo=EAST), "2026-11-25T23:00:00.000120Z"),
        (datetime(98, 1, 13, 1, 55, 14, tzinfo=UTC), "0098-01-13T01:55:14.000000Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_microseconds_and_a_year_of_four_digits(
    moment: datetime, written: str
) -> None:
    assert timestamp(moment) == written
