"""Watching: what has changed is told, and Ctrl-C ends it."""

import io
import re
from collections.abc import Sequence

import pytest

from ops.doctor import watching
from ops.doctor.check import Check, Examination, Finding, Result

CHECKS = {name: Check(name, 3, f"{name} is well", lambda _: Finding(Result.OK, ()), 1.0) for name in "ab"}


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Claim to be one."""
        return True


def looked(**results: Result) -> list[Examination]:
    return [Examination(CHECKS[name], Finding(each, (f"it is {each}",))) for name, each in results.items()]


def watched(stream: io.StringIO, *looks: Sequence[Examination]) -> int:
    left, waits = list(looks), []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if not left:
            raise KeyboardInterrupt

    status = watching.watch(lambda: left.pop(0), stream, wait=wait)
    assert waits == [watching.EVERY_SECONDS] * len(looks)
    return status


def test_elsewhere_than_on_a_terminal_only_news_follow_the_first_report() -> None:
    stream = io.StringIO()

    status = watched(
        stream,
        looked(a=Result.OK, b=Result.OK),
        looked(a=Result.OK, b=Result.OK),
        looked(a=Result.OK, b=Result.FAILED),
        looked(a=Result.DEGRADED, b=Result.OK),
    )

    assert re.sub(r"^\d\d:\d\d:\d\d ", "", stream.getvalue(), flags=re.MULTILINE).splitlines() == [
        "doctor: 2 ok",
        "",
        "OK  a: it is ok",
        "OK  b: it is ok",
        "b: ok -> failed: it is failed",
        "a: ok -> degraded: it is degraded",
        "b: failed -> ok: it is ok",
    ]
    assert status == 1


def test_on_a_terminal_each_look_takes_the_place_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Screen()

    status = watched(stream, looked(a=Result.OK), looked(a=Result.FAILED))

    first, second = stream.getvalue().split(watching.CLEAR)[1:]
    assert "OK  a: it is ok" in first
    assert "FAILED  a" in second
    assert status == 2


def test_stopped_before_the_first_look_it_has_seen_nothing_bad() -> None:
    def interrupted() -> list[Examination]:
        raise KeyboardInterrupt

    assert watching.watch(interrupted, io.StringIO()) == 0
