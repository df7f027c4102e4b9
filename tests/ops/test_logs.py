"""The lines of the log."""

import json
import logging

import pytest

from ops.logs import formatter


@pytest.mark.parametrize("message", ["plain", "one\ntwo", "half a pair: \ud800", 'quo"ted', "\x00\x1b[31m"])
def test_whatever_is_logged_is_one_line_of_json(message: str) -> None:
    record = logging.makeLogRecord(
        {"name": "tests", "levelname": "WARNING", "levelno": logging.WARNING, "msg": message}
    )

    line = formatter().format(record)

    assert "\n" not in line
    event = json.loads(line)
    assert (event["event"], event["level"], event["logger"]) == (message, "WARNING", "tests")
