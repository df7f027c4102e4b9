"""What another provider gives for a code, good or not, late or never; see ``test_external_refused``."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey

from family_site.identity.external import calls
from family_site.identity.external_pages import KEPT_SECONDS
from ops import clock, deadline
from tests.factories import Person
from tests.family_site.travelling import (
    begun,
    confirmed,
    everything,
    gone,
    refused,
    sent_back,
    there_and_back,
)
from tests.identity_provider import OTHER_KEY, SECRET, provider
from tests.visitor import Visitor

UNPROVEN = "What Nest sent does not prove who you are."
AWAY = "Nest does not answer right now."
IN_AN_HOUR, AN_HOUR_AGO = (int((clock.now() + timedelta(hours=hours)).timestamp()) for hours in (1, -1))


@pytest.fixture
def person() -> Person:
    """Somebody whose address is confirmed."""
    return confirmed()


def encoded(part: dict[str, str]) -> str:
    """Return a part of a token as it is written."""
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def unsigned(id_token: str) -> str:
    """Return a token that says of itself that nobody signs it."""
    return f"{encoded({'alg': 'none'})}.{id_token.split('.')[1]}."


def of_somebody_else(id_token: str) -> str:
    """Return a token whose subject was changed after it was signed."""
    header, _, signature = id_token.split(".")
    return f"{header}.{encoded({'sub': 'bird-8'})}.{signature}"


# What the provider gives --------------------------------------------------------------------------


def test_a_code_of_another_verifier_gives_nothing(person: Person) -> None:
    visitor, before = Visitor(), everything()
    with provider(person.email) as nest:
        path = sent_back(begun(visitor).goes_to)
        (code,) = nest.codes.values()
        code.code_challenge = "A" * 43

        status, text = refused(visitor, visitor.open(path), before)

    assert (status, UNPROVEN in text, nest.given) == (400, True, [])


def test_a_code_that_never_was_gives_nothing(person: Person) -> None:
    with provider(person.email) as nest:
        status, text = gone(lambda path: path.replace("code=", "code=x"))

    assert (status, UNPROVEN in text, nest.given) == (400, True, [])


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": ["families", "somebody-else"], "azp": "somebody-else"},
        {"azp": "somebody-else"},
        {"iss": "https://elsewhere.example"},
        {"exp": AN_HOUR_AGO},
        {"exp": None},
        {"iat": IN_AN_HOUR},
        {"nbf": IN_AN_HOUR},
        {"at_hash": "AAAA"},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids="+".join,
)
def test_each_claim_of_the_id_token_must_be_right(person: Person, claims: dict[str, Any]) -> None:
    with provider(person.email) as nest:
        nest.claims = claims
        status, text = gone()

    assert (status, UNPROVEN in text, len(nest.given)) == (400, True, 1)


def test_the_id_token_must_be_signed_by_the_provider(person: Person) -> None:
    with provider(person.email) as nest:
        nest.key = OTHER_KEY
        status, text = gone()
        assert (status, UNPROVEN in text, len(nest.given)) == (400, True, 1)


def test_the_id_token_must_be_signed_by_a_private_key(person: Person) -> None:
    with provider(person.email) as nest:
        nest.key, nest.algorithm = OctKey.import_key(SECRET), "HS256"
        nest.published = [*nest.published, nest.key]
        status, text = gone()

    assert (status, UNPROVEN in text, len(nest.given)) == (400, True, 1)


@pytest.mark.parametrize("altered", [unsigned, of_somebody_else, lambda _token: "x", lambda _token: "é.é.é"])
def test_an_id_token_that_was_altered_is_not_taken(person: Person, altered: Callable[[str], str]) -> None:
    with provider(person.email) as nest:
        nest.altered = altered
        status, text = gone()

    assert (status, UNPROVEN in text, len(nest.given)) == (400, True, 1)


# Where it is --------------------------------------------------------------------------------------


def test_a_provider_that_is_down_is_said_to_be_away(person: Person) -> None:
    with provider(person.email) as nest:
        nest.broken = {"/.well-known/openid-configuration"}
        visitor, before = Visitor(), everything()
        page = begun(visitor)
        status, text = refused(visitor, page, before)
        assert (status, AWAY in text, page.headers["Retry-After"]) == (503, True, "10")

        nest.broken = {"/token"}
        status, text = gone()
        assert (status, AWAY in text) == (503, True)

        nest.broken = {"/keys"}
        status, text = gone()
        assert (status, AWAY in text) == (503, True)

        nest.broken = set()
        assert there_and_back(Visitor()).status == 303


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token"])
def test_nobody_waits_for_a_provider_that_is_slow(
    person: Person, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(calls, "CALL_SECONDS", 0.2)
    with provider(person.email) as nest:
        nest.delays = {path: 2.0}
        visitor, before = Visitor(), everything()
        page = begun(visitor)
        if page.status == 303:
            page = visitor.open(sent_back(page.goes_to))
        status, text = refused(visitor, page, before)

    assert (status, AWAY in text) == (503, True)


def test_what_is_left_of_a_request_is_not_all_for_the_provider(person: Person) -> None:
    with provider(person.email) as nest, deadline.within(KEPT_SECONDS):
        page = begun(Visitor())

    assert (page.status, AWAY in page.text, nest.asked.total()) == (503, True, 0)


@pytest.mark.limited
def test_the_ways_of_one_address_are_limited_like_its_sign_ins(person: Person) -> None:
    with provider(person.email):
        assert [there_and_back(Visitor()).status for _ in range(5)] == [303] * 5
        assert begun(Visitor()).status == 429
