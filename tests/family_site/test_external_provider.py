"""What another provider says of itself, what is taken of it, and the settings that name it."""

from typing import Any

import pytest
from django.test import override_settings
from joserfc.jwk import ECKey, OctKey

from family_site.identity.external import addresses, calls
from family_site.identity.external.provider import probe
from family_site.settings import environment
from ops import deadline
from tests.family_site.travelling import confirmed, there_and_back
from tests.identity_provider import KEY, provider
from tests.visitor import Visitor

ADDRESS = "ines@example.com"


def test_nothing_is_wrong_with_a_provider_that_answers_nor_without_one() -> None:
    assert probe() is None
    with provider(ADDRESS) as nest:
        assert probe() is None
        assert (probe(), nest.asked["/keys"]) == (None, 2)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"issuer": "https://elsewhere.example"}, "it calls itself otherwise than OIDC_ISSUER"),
        ({"issuer": None}, "it calls itself otherwise than OIDC_ISSUER"),
        ({"token_endpoint": "http://elsewhere.example/token"}, "its token_endpoint must begin with https://"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "its authorization_endpoint must be https://"),
        ({"jwks_uri": None}, "its jwks_uri is missing"),
        ({"userinfo_endpoint": ["x"]}, "its userinfo_endpoint is missing"),
    ],
    ids=str,
)
def test_what_a_provider_must_say_of_itself(said: dict[str, Any], fault: str) -> None:
    with provider(ADDRESS) as nest:
        nest.discovery = said
        found = probe()

    assert found is not None
    assert found.startswith(f"{nest.issuer} cannot be discovered: {fault}")


def test_a_provider_that_is_broken_gone_or_slow_is_told_apart() -> None:
    with provider(ADDRESS) as nest:
        for path, fault in (
            ("/.well-known/openid-configuration", f"{nest.issuer} cannot be discovered: "),
            ("/keys", f"the keys of {nest.issuer} cannot be read: "),
        ):
            nest.broken = {path}
            assert probe() == f"{fault}it answered 503"
            nest.broken, nest.delays = set(), {path: 1.5}
            assert probe() == f"{fault}ReadTimeout"
            nest.delays = {}
    with override_settings(OIDC_ISSUER=nest.issuer):
        assert probe() == f"{nest.issuer} cannot be discovered: ConnectError"


def test_without_a_key_that_signs_nothing_can_be_verified() -> None:
    secret = OctKey.import_key("not-for-everybody-to-know-of")
    with provider(ADDRESS) as nest:
        nest.published = [secret]
        assert probe() == f"the keys of {nest.issuer} cannot be read: none of them signs here"
        nest.published = [secret, KEY]
        assert probe() is None


def test_a_key_of_an_elliptic_curve_signs_too() -> None:
    person, key = confirmed(), ECKey.generate_key("P-256", auto_kid=True)
    with provider(person.email) as nest:
        nest.key, nest.published, nest.algorithm = key, [KEY, key], "ES256"

        assert there_and_back(Visitor()).status == 303


def test_a_provider_that_knows_us_by_the_form_is_told_the_secret_there() -> None:
    person = confirmed()
    with provider(person.email) as nest:
        nest.knows_us_by = "client_secret_post"
        assert there_and_back(Visitor()).status == 303

    assert "client_secret" in nest.heard[0]


def test_an_answer_without_an_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_BYTES", 100)
    with provider(ADDRESS) as nest:
        assert probe() == f"{nest.issuer} cannot be discovered: its answer has no end"


def test_nobody_is_asked_when_there_is_no_time_left() -> None:
    with provider(ADDRESS) as nest, deadline.within(0):
        found = probe()

    assert found == f"{nest.issuer} cannot be discovered: there is no time left to ask it"
    assert nest.asked.total() == 0


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("https://accounts.example.com", None),
        ("https://login.example.com:8443/tenants/7/v2.0", None),
        ("http://localhost:9000/realm", None),
        ("http://127.0.0.1:9000", None),
        ("http://[::1]:9000", None),
        ("http://accounts.example.com", "must begin with https:// (http:// only on this machine)"),
        ("http://127.0.0.1.example.com", "must begin with https:// (http:// only on this machine)"),
        ("ftp://accounts.example.com", "must begin with https:// (http:// only on this machine)"),
        ("//accounts.example.com", "must begin with https:// (http:// only on this machine)"),
        ("accounts.example.com", "must be https://, a host and a path"),
        ("https://", "must be https://, a host and a path"),
        ("https://user:word@accounts.example.com", "must be https://, a host and a path"),
        ("https://accounts.example.com/#x", "must be https://, a host and a path"),
        ("https://accounts.example.com:0", "must be https://, a host and a path"),
        ("https://accounts.example.com:x", "is no address"),
        ("https://[::1", "is no address"),
        ("https://accounts.example.com; script-src *", "has signs that an address cannot hold"),
        ("https://accounts.exämple.com", "has signs that an address cannot hold"),
        ("https://accounts.example.com\n", "has signs that an address cannot hold"),
    ],
)
def test_secrets_are_sent_by_tls_only_but_on_this_machine(address: str, fault: str | None) -> None:
    assert addresses.fault(address) == fault


GIVEN = {
    "OIDC_ISSUER": "https://accounts.example.com",
    "OIDC_CLIENT_ID": "families",
    "OIDC_CLIENT_SECRET": "what-only-the-two-know",
    "OIDC_NAME": "Nest",
}


def faults_with(monkeypatch: pytest.MonkeyPatch, **changed: str) -> list[str]:
    for name, value in {**GIVEN, **changed}.items():
        monkeypatch.setenv(name, value)
    try:
        environment.load()
    except environment.SettingsError as error:
        return error.faults
    return []


def test_a_provider_is_named_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_with(monkeypatch) == []
    assert faults_with(monkeypatch, **dict.fromkeys(GIVEN, "")) == []
    for name in GIVEN:
        first = "OIDC_CLIENT_ID" if name == "OIDC_ISSUER" else "OIDC_ISSUER"
        assert faults_with(monkeypatch, **{name: " "}) == [f"{name} is missing (needed with {first})"]


def test_what_is_wrong_with_the_address_of_a_provider_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [
        faults_with(monkeypatch, OIDC_ISSUER=address)
        for address in ("http://accounts.example.com", "https://accounts.example.com?tenant=7")
    ]

    assert faults == [
        ["OIDC_ISSUER must begin with https:// (http:// only on this machine)"],
        ["OIDC_ISSUER must have no query"],
    ]


def test_the_name_of_a_provider_fits_on_a_button(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = faults_with(monkeypatch, OIDC_NAME="x" * 41)

    assert fault.startswith("OIDC_NAME is not right: ")
