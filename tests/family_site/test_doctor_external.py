"""doctor:external, and the part of ``/health``: whether the provider of external sign-in answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import override_settings

from family_site.identity.checks import external
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.whereabouts import Whereabouts
from ops.health import components
from ops.health.components import Prober
from tests.identity_provider import SECRET, Provider, provider

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/keys"


@pytest.fixture
def where() -> Whereabouts:
    return whereabouts.from_settings()


@pytest.fixture
def theirs() -> Iterator[Provider]:
    with provider("ada@example.com") as running:
        yield running


@pytest.fixture
def _parts_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    parts: dict[str, Any] = {}
    monkeypatch.setattr(components, "_components", parts)


def test_without_a_provider_there_is_nothing_to_ask(where: Whereabouts) -> None:
    found = external.look(where)

    assert (found.result, found.evidence) == (Result.OK, ("no external sign-in is set",))


def test_one_that_tells_its_addresses_and_keys_is_well(
    where: Whereabouts, theirs: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine is slow.
    monkeypatch.setattr("family_site.identity.external.provider.PROBE_SECONDS", 30.0)
    found = external.look(where)

    assert (found.result, found.evidence) == (
        Result.OK,
        (f"{theirs.issuer} tells its addresses and its keys",),
    )
    assert dict(theirs.asked) == {DISCOVERY: 1, KEYS: 1}


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_one_that_is_broken_is_named_with_what_to_type_next(
    where: Whereabouts, theirs: Provider, path: str
) -> None:
    assert external.look(where).result == Result.OK  # what is remembered of it does not count
    theirs.broken.add(path)

    found = external.look(where)

    assert (found.result, len(found.evidence)) == (Result.DEGRADED, 1)
    assert theirs.issuer in found.evidence[0]
    assert found.evidence[0].endswith("it answered 503")
    assert found.remedy == f"curl -sS --max-time 5 {theirs.issuer}{DISCOVERY}"
    assert SECRET not in str(found)


def test_one_of_another_name_or_nowhere_is_no_provider_of_ours(where: Whereabouts, theirs: Provider) -> None:
    theirs.discovery["issuer"] = "https://elsewhere.example.com"
    other = external.look(where)
    with override_settings(OIDC_ISSUER="http://127.0.0.1:1"):
        nowhere = external.look(where)

    assert (other.result, nowhere.result) == (Result.DEGRADED, Result.DEGRADED)
    assert "it calls itself otherwise than OIDC_ISSUER" in other.evidence[0]
    assert nowhere.evidence == ("http://127.0.0.1:1 cannot be discovered: ConnectError",)


def test_with_broken_settings_nobody_knows_whether_there_is_one(where: Whereabouts) -> None:
    found = external.look(replace(where, faults=("PORT is not right",)))

    assert (found.result, found.cause) == (Result.COULD_NOT_LOOK, "the settings are broken")


@pytest.mark.usefixtures("_parts_are_put_back")
def test_health_tells_of_a_provider_that_there_is(theirs: Provider) -> None:
    external.enter()
    (well,) = Prober().findings(fresh=True)
    theirs.broken.add(KEYS)
    (ill,) = Prober().findings(fresh=True)

    assert (well.component.name, well.component.vital) == ("external_sign_in", False)
    assert (well.fault, ill.fault) == (
        None,
        f"the keys of {theirs.issuer} cannot be read: it answered 503",
    )


@pytest.mark.usefixtures("_parts_are_put_back")
def test_health_tells_of_none_where_there_is_none() -> None:
    external.enter()

    assert Prober().findings(fresh=True) == []
