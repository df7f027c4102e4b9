"""Which rule of access holds. No database, no clock.

Of the networks that an address is in, the narrowest decides, an address being the narrowest of all; where a
block and an allowance are as narrow, the address is let in. A user, or an e-mail address, that is allowed is
not blocked, and an allowed user may come from a blocked network. A rule holds until the very second of its
end.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NamedTuple, TypeAlias

from ops.addresses import Address, parsed
from ops.errors import Fault
from ops.guarding import AccessList, RuleKind

Network: TypeAlias = IPv4Network | IPv6Network
Ends: TypeAlias = Mapping[int, datetime | None]

# A wider network is a slip: it would hold a good part of everybody there is. By version.
WIDEST = {4: 8, 6: 16}
# From this width on, a network of IPv6 is one of addresses that stand for those of IPv4.
MAPPED = 96
NO_ADDRESS = Fault("invalid_format", "An address as 203.0.113.7 or 2001:db8::7 is needed.")
NO_NETWORK = Fault("invalid_format", "A network as 203.0.113.0/24 or 2001:db8::/32 is needed.")
TOO_WIDE = Fault("too_large", f"At most a /{WIDEST[4]} is possible, or a /{WIDEST[6]} of IPv6.")


class Rule(NamedTuple):
    """A rule, as far as it decides."""

    list: str
    kind: str
    value: str
    until: datetime | None

    def holds(self, now: datetime) -> bool:
        """Tell whether it has not ended."""
        return _holds(self.until, now)


class Rules:
    """All rules, laid out so that a look costs the same however many there are."""

    def __init__(self, every: Iterable[Rule] = ()) -> None:
        """Take them; values as ``normal_address`` and ``normal_network`` return them."""
        self.every = tuple(every)
        self._named: dict[tuple[str, str, str], datetime | None] = {}
        networks: dict[tuple[str, int], dict[int, dict[int, datetime | None]]] = {}
        for rule in self.every:
            if rule.kind in {RuleKind.USER, RuleKind.EMAIL}:
                self._named[rule.list, rule.kind, rule.value] = rule.until
            else:
                network = ip_network(rule.value)
                by_width = networks.setdefault((rule.list, network.version), {})
                self._enter(by_width.setdefault(network.prefixlen, {}), network, rule.until)
        # Narrowest first.
        self._networks: dict[tuple[str, int], list[tuple[int, Ends]]] = {
            key: sorted(by_width.items(), reverse=True) for key, by_width in networks.items()
        }
        self.name_users = any(kind == RuleKind.USER for _, kind, _ in self._named)

    @staticmethod
    def _enter(ends: dict[int, datetime | None], network: Network, until: datetime | None) -> None:
        """Enter a network; an address may stand there twice, by itself and as a network of one."""
        first = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
        known = ends.get(first, until)
        ends[first] = None if None in {known, until} else max(filter(None, (known, until)))

    def block_address(self, address: str | None, now: datetime) -> bool:
        """Tell whether calls from an address are refused; what is no address is in no network."""
        found = parsed(address) if self._networks else None
        if found is None:
            return False
        return self._width(AccessList.BLOCK, found, now) > self._width(AccessList.ALLOW, found, now)

    def block_user(self, user_id: str, now: datetime) -> bool:
        """Tell whether calls of a user are refused."""
        return self._blocks(RuleKind.USER, user_id, now)

    def block_email(self, folded: str, now: datetime) -> bool:
        """Tell whether nobody may sign in, register or ask for mail with an address."""
        return self._blocks(RuleKind.EMAIL, folded, now)

    def allow_user(self, user_id: str, now: datetime) -> bool:
        """Tell whether a user may come from wherever they come."""
        return self._names(AccessList.ALLOW, RuleKind.USER, user_id, now)

    def without(self, gone: tuple[str, str, str]) -> "Rules":
        """Return the rules without the one of this list, kind and value."""
        return Rules(each for each in self.every if each[:3] != gone)

    def _blocks(self, kind: RuleKind, value: str, now: datetime) -> bool:
        names = self._names
        return names(AccessList.BLOCK, kind, value, now) and not names(AccessList.ALLOW, kind, value, now)

    def _names(self, which: AccessList, kind: RuleKind, value: str, now: datetime) -> bool:
        key = (str(which), str(kind), value)
        return key in self._named and _holds(self._named[key], now)

    def _width(self, which: AccessList, address: Address, now: datetime) -> int:
        """Return the width of the narrowest network that an address is in; -1: it is in none."""
        number, bits = int(address), address.max_prefixlen
        for width, ends in self._networks.get((str(which), address.version), ()):
            first = number >> (bits - width)
            if first in ends and _holds(ends[first], now):
                return width
        return -1


def normal_address(typed: str) -> str | Fault:
    """Return an address in the one way that it is stored and compared, or what is wrong with it."""
    found = parsed(typed)
    return NO_ADDRESS if found is None or "%" in typed else str(found)


def normal_network(typed: str) -> str | Fault:
    """Return a network in the one way that it is stored and compared, or what is wrong with it."""
    try:
        found: Network = ip_network(typed, strict=False)
    except ValueError:
        return NO_NETWORK
    if "%" in typed:
        return NO_NETWORK
    if isinstance(found, IPv6Network) and found.prefixlen >= MAPPED:
        mapped = found.network_address.ipv4_mapped
        found = ip_network((mapped, found.prefixlen - MAPPED)) if mapped else found
    return TOO_WIDE if found.prefixlen < WIDEST[found.version] else str(found)


def holds_address(value: str, address: str | None) -> bool:
    """Tell whether an address is the one, or in the network, that a rule is about."""
    found = parsed(address)
    return found is not None and found in ip_network(value)


def _holds(until: datetime | None, now: datetime) -> bool:
    return until is None or now < until
