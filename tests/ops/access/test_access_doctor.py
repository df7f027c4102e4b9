"""doctor:access."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.test import override_settings

from ops import clock
from ops.access import changing
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.checks import access
from ops.doctor.whereabouts import Whereabouts
from tests.factories import Person
from tests.ops.access.blocking import HERE, NETWORK, TESTS, allow, block, wanted

PROXIES = [ip_network("203.0.113.0/30"), ip_network("2001:db8::/64")]


@pytest.fixture
def where() -> Whereabouts:
    return whereabouts.from_settings()


def test_it_counts_the_rules_that_hold(where: Whereabouts, person: Person) -> None:
    assert access.look(where).evidence == ("in force: none",)
    block("address", HERE)
    block("user", person.id)
    allow("network", NETWORK)
    now = clock.now()
    ended = wanted("address", "203.0.113.9")._replace(until=now)
    changing.block(ended, actor=TESTS, now=now - timedelta(hours=1))

    found = access.look(where)

    assert (found.result, found.cause) == (Result.OK, None)
    assert found.evidence == ("in force: allow network: 1, block address: 1, block user: 1",)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("203.0.113.0/24", Result.DEGRADED),
        ("203.0.113.1/32", Result.DEGRADED),
        ("203.0.113.4/32", Result.OK),
        ("2001:db8::/32", Result.DEGRADED),
    ],
)
@override_settings(TRUSTED_PROXIES=PROXIES)
def test_a_block_of_a_proxy_of_ours_is_named(where: Whereabouts, value: str, result: Result) -> None:
    block("network", value)

    found = access.look(where)

    assert found.result == result
    assert (found.remedy == access.LIST) is (result != Result.OK)
    named = f"blocked, though proxies of ours call from there: {value}"
    assert (found.evidence[0] == named) is (result != Result.OK)


def test_without_a_database_it_says_that_it_cannot_look(where: Whereabouts) -> None:
    assert access.look(replace(where, mongodb=None)).result == Result.COULD_NOT_LOOK
