"""Whose word on where a call comes from is taken. Source: design, section 2 (TRUSTED_PROXIES)."""

from ipaddress import ip_network
from typing import Any

import pytest

from ops.web import addresses
from tests.api import Api

PROXY, OTHER = "10.0.0.1", "192.0.2.9"


@pytest.fixture
def proxies(settings: Any) -> None:
    """Two networks of proxies."""
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/24"), ip_network("2001:db8:9::/48"))


def settled(peer: str, forwarded: str | None) -> str:
    """Return where a call is taken to come from."""
    meta: dict[str, Any] = {"REMOTE_ADDR": peer}
    if forwarded is not None:
        meta[addresses.FORWARDED_FOR] = forwarded
    addresses.settle(meta)
    return str(meta["REMOTE_ADDR"])


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (PROXY, None, PROXY),
        (PROXY, "198.51.100.7", "198.51.100.7"),
        (PROXY, "198.51.100.7:4711", "198.51.100.7"),
        (PROXY, "2001:db8::7", "2001:db8::7"),
        (PROXY, "[2001:db8::7]:4711", "2001:db8::7"),
        (PROXY, "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("2001:db8:9::1", " 198.51.100.7 ,10.0.0.2 ", "198.51.100.7"),
        # What a client wrote itself stands before what the proxy saw.
        (PROXY, "203.0.113.1, 198.51.100.7", "198.51.100.7"),
        (PROXY, "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (PROXY, "unknown", PROXY),
        (PROXY, "198.51.100.7, nonsense", PROXY),
        (PROXY, "198.51.100.7, nonsense, 10.0.0.2", "10.0.0.2"),
        (PROXY, "", PROXY),
        (PROXY, "1," * 5_000 + "198.51.100.7", "198.51.100.7"),
        # Nobody else is believed.
        (OTHER, "198.51.100.7", OTHER),
        ("", "198.51.100.7", ""),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str | None, expected: str) -> None:
    assert settled(peer, forwarded) == expected


def test_without_proxies_nobody_is_believed() -> None:
    assert settled("127.0.0.1", "198.51.100.7") == "127.0.0.1"


@pytest.mark.limited
@pytest.mark.usefixtures("proxies")
def test_callers_behind_a_trusted_proxy_have_limits_of_their_own() -> None:
    def remaining(client: str, proxy: str = PROXY) -> str:
        answer = Api(address=proxy, x_forwarded_for=client).get("/nothing")
        return answer.headers["X-RateLimit-Remaining"]

    first, second = "203.0.113.71", "203.0.113.72"

    assert [remaining(first), remaining(first), remaining(second)] == ["299", "298", "299"]
    assert remaining(first, proxy="192.0.2.10") == "299"
