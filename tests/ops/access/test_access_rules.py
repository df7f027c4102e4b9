"""Which rule of access holds, and in which one way values are stored."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.access import rules
from ops.access.rules import NO_ADDRESS, NO_NETWORK, TOO_WIDE, Rule, Rules
from ops.errors import Fault

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def blocked(address: str, *made: tuple[str, str]) -> bool:
    """Tell what rules, each a list and a network or an address, make of a call."""
    every = [
        Rule(which, "network" if "/" in value else "address", value, until=None) for which, value in made
    ]
    return Rules(every).block_address(address, NOW)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        *((each, NO_ADDRESS) for each in ("", "203.0.113", "203.0.113.07", "203.0.113.0/24", "fe80::1%eth0")),
    ],
)
def test_an_address_is_stored_in_one_way(typed: str, stored: str | Fault) -> None:
    assert rules.normal_address(typed) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("203.0.113.9/24", "203.0.113.0/24"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.0/255.255.255.0", "203.0.113.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        *((each, TOO_WIDE) for each in ("0.0.0.0/0", "10.0.0.0/7", "2000::/15", "::/0", "::ffff:0:0/96")),
        *((each, NO_NETWORK) for each in ("", "203.0.113.0/33", "here", "fe80::%eth0/64")),
    ],
)
def test_a_network_is_stored_in_one_way(typed: str, stored: str | Fault) -> None:
    assert rules.normal_network(typed) == stored


@pytest.mark.parametrize(
    ("address", "made", "expected"),
    [
        ("203.0.113.7", [], False),
        ("203.0.113.7", [("block", "203.0.113.7")], True),
        ("203.0.113.8", [("block", "203.0.113.7")], False),
        ("203.0.113.7", [("block", "203.0.113.0/24")], True),
        ("::ffff:203.0.113.7", [("block", "203.0.113.0/24")], True),
        ("2001:db8::7", [("block", "2001:db8::/32")], True),
        ("2001:db9::7", [("block", "2001:db8::/32")], False),
        ("fe80::1%eth0", [("block", "fe80::/64")], True),
        # An allowance as narrow, or narrower, wins.
        ("203.0.113.7", [("block", "203.0.113.0/24"), ("allow", "203.0.113.7")], False),
        ("203.0.113.8", [("block", "203.0.113.0/24"), ("allow", "203.0.113.7")], True),
        ("203.0.113.7", [("block", "203.0.113.0/24"), ("allow", "203.0.113.0/24")], False),
        ("203.0.113.7", [("block", "203.0.113.0/24"), ("allow", "203.0.0.0/16")], True),
        ("203.0.113.7", [("block", "203.0.113.7"), ("allow", "203.0.113.0/24")], True),
        ("203.0.113.7", [("block", "203.0.113.7"), ("allow", "203.0.113.7/32")], False),
        ("203.0.113.7", [("allow", "203.0.113.7")], False),
        ("none", [("block", "203.0.113.0/24")], False),
    ],
)
def test_the_narrowest_rule_decides(address: str, made: list[tuple[str, str]], expected: bool) -> None:  # noqa: FBT001  # a cell of the table
    assert blocked(address, *made) is expected


@pytest.mark.parametrize(("kind", "value"), [("address", "203.0.113.7"), ("network", "203.0.113.0/24")])
def test_a_rule_holds_until_the_very_second_of_its_end(kind: str, value: str) -> None:
    made = Rules([Rule("block", kind, value, NOW)])

    assert made.block_address("203.0.113.7", NOW - SECOND)
    assert not made.block_address("203.0.113.7", NOW)


def test_an_ended_allowance_lets_nobody_in() -> None:
    made = Rules(
        [
            Rule("block", "network", "203.0.113.0/24", None),
            Rule("allow", "address", "203.0.113.7", NOW),
            Rule("allow", "user", "user_1", NOW),
        ]
    )

    assert made.block_address("203.0.113.7", NOW)
    assert not made.allow_user("user_1", NOW)


def test_an_ended_network_leaves_a_wider_one_in_force() -> None:
    made = Rules(
        [Rule("block", "network", "203.0.0.0/16", None), Rule("block", "address", "203.0.113.7", NOW)]
    )

    assert made.block_address("203.0.113.7", NOW)


def test_of_an_address_that_stands_there_twice_the_later_end_holds() -> None:
    made = Rules(
        [
            Rule("block", "address", "203.0.113.7", NOW),
            Rule("block", "network", "203.0.113.7/32", NOW + SECOND),
        ]
    )

    assert made.block_address("203.0.113.7", NOW)
    assert not made.block_address("203.0.113.7", NOW + SECOND)


def test_a_user_or_an_email_that_is_allowed_is_not_blocked() -> None:
    made = Rules(
        [
            Rule("block", "user", "user_1", None),
            Rule("block", "user", "user_2", None),
            Rule("allow", "user", "user_2", None),
            Rule("block", "email", "ada@example.com", None),
        ]
    )

    assert [made.block_user(f"user_{each}", NOW) for each in (1, 2, 3)] == [True, False, False]
    assert [made.block_email(f"{each}@example.com", NOW) for each in ("ada", "ben")] == [True, False]


# Against the plain way -------------------------------------------------------------------------------

addresses = st.integers(0, 2**32 - 1).map(lambda number: number | 0xCB007000).map(IPv4Address)
networks = st.tuples(addresses, st.integers(8, 32)).map(lambda pair: IPv4Network(pair, strict=False))
some_rules = st.lists(st.tuples(st.sampled_from(["block", "allow"]), networks, st.booleans()), max_size=8)


@given(address=addresses, made=some_rules)
def test_the_layout_decides_as_a_look_at_each_rule_would(
    address: IPv4Address, made: list[tuple[str, IPv4Network, bool]]
) -> None:
    every = [Rule(which, "network", str(network), NOW if over else None) for which, network, over in made]
    widths = {
        which: max(
            (each.prefixlen for name, each, over in made if name == which and not over and address in each),
            default=-1,
        )
        for which in ("block", "allow")
    }

    assert Rules(every).block_address(str(address), NOW) is (widths["block"] > widths["allow"])
