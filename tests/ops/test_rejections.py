"""Tokens that were not taken, as each process counts them."""

from collections.abc import Iterator

import pytest

from ops import clock, rejections
from ops.jobs import heartbeats
from ops.mongo.collections import control_collection


@pytest.fixture(autouse=True)
def _none_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rejections, "_counts", {})
    yield
    heartbeats.ended("web", forgotten=clock.now())


def at(minute: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be this minute."""
    monkeypatch.setattr(rejections, "_minute", lambda: minute)


def test_they_are_counted_by_reason_for_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    at(100, monkeypatch)
    for reason in ("expired", "signature", "expired"):
        rejections.count(reason)
    at(109, monkeypatch)
    rejections.count("expired")
    whole = rejections.recent()
    at(110, monkeypatch)

    assert whole == {"expired": 3, "signature": 1}
    assert rejections.recent() == {"expired": 1}


def test_the_heartbeat_tells_them() -> None:
    rejections.count("malformed")

    heartbeats.alive("web", since=clock.now(), now=clock.now())

    (beat,) = control_collection(heartbeats.NAME).find({"role": "web"}, limit=9)
    assert beat["rejected"] == {"malformed": 1}
