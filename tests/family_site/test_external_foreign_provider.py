"""Signing in at a provider that others have made, and that runs for itself."""

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from django.conf import settings
from django.test import override_settings

from family_site.identity.external.provider import probe
from ops.embedded import ports
from tests.factories import Person
from tests.family_site.travelling import begun, confirmed, linked
from tests.identity_provider import NAME
from tests.visitor import Visitor
from tests.waiting import until


@pytest.fixture
def person() -> Person:
    """Somebody whose address is confirmed."""
    return confirmed()


@pytest.fixture
def issuer(person: Person) -> Iterator[str]:
    """The provider, which knows the person; returns its name."""
    port = next(ports.candidates(None, "none"))
    known = {"sub": "bird-7", "email": person.email, "email_verified": True}
    program = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    named = f"http://127.0.0.1:{port}"
    with (
        subprocess.Popen(
            [*program, "--user-claims", json.dumps(known)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process,
        override_settings(
            OIDC_ISSUER=named, OIDC_CLIENT_ID="families", OIDC_CLIENT_SECRET="x" * 20, OIDC_NAME=NAME
        ),
    ):
        assert until(lambda: probe() is None, 60), probe()
        yield named
        process.terminate()


def answered(address: str, **form: str) -> str:
    """Answer the provider's own form; returns the page of ours to which it sends the browser back."""
    assert "<form" in httpx.get(address).text
    return httpx.post(address, data=form).headers["Location"].removeprefix(settings.PUBLIC_URL)


def test_a_provider_of_others_signs_people_in(person: Person, issuer: str) -> None:
    visitor = Visitor()

    page = visitor.open(answered(begun(visitor).goes_to, sub="bird-7"))

    assert (page.status, visitor.is_signed_in) == (303, True)
    assert linked(person) == [{"issuer": issuer, "subject": "bird-7"}]
