"""Where a call came from, behind the proxies that are trusted to say so.

Source: design, section 2 (TRUSTED_PROXIES); the header's order: each proxy adds the one it was called by, at
the end.
"""

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

from django.conf import settings

from ops.server.asgi import Environ

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
LONGEST = 2000


def settle(meta: Environ) -> None:
    """Put the client's address in the place of a trusted proxy's; whatever others say is not heard."""
    trusted: Sequence[Network] = settings.TRUSTED_PROXIES
    if not trusted or FORWARDED_FOR not in meta or not _is_of(meta.get("REMOTE_ADDR", ""), trusted):
        return
    for hop in reversed(str(meta[FORWARDED_FOR])[-LONGEST:].split(",")):
        address = _bare(hop)
        if address is None:
            return  # what stands before it was said by who knows whom
        meta["REMOTE_ADDR"] = address
        if not _is_of(address, trusted):
            return


def _bare(hop: str) -> str | None:
    """Return the address alone; ``None``: there is none."""
    text = hop.strip()
    if text.startswith("["):  # [2001:db8::1]:4711
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:4711
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _is_of(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
