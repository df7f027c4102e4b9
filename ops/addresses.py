"""Addresses of the network, as a call brings them."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
LOOPBACK = frozenset({"127.0.0.1", "::1"})


def parsed(address: str | None) -> Address | None:
    """Return an address; one of IPv4 that is written as one of IPv6 is one of IPv4. ``None``: it is none."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
