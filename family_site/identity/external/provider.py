"""The provider: what it says of itself, its keys, where it is asked, and what it gives for a code.

What it says and its keys are remembered for minutes, in each process. A key that is not among those that are
remembered is looked for once more, since providers change theirs; at most twice a minute, since anybody can
name one that never was.

Source: OpenID Connect Discovery 1.0; Core 1.0, section 3.1; RFC 7636 (PKCE).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.client import DEFAULT_HEADERS, OAuth2Client  # type: ignore[import-untyped]  # as above
from authlib.oauth2.rfc6749.parameters import prepare_token_request  # type: ignore[import-untyped]  # as above
from django.conf import settings
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet, OctKey

from family_site.identity.external import addresses, calls
from family_site.identity.external.calls import ProviderUnavailableError
from ops import deadline

REMEMBERED_SECONDS = 600.0
KEYS_AGAIN_SECONDS = 30.0
PROBE_SECONDS = 1.0
SCOPE = "openid email"
LONGEST_ERROR = 40
Kept = TypeVar("Kept")


class Provider(NamedTuple):
    """What a provider says of itself; its addresses are such as secrets may be sent to."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    knows_us_by: str
    names_itself: bool


class Refusal(NamedTuple):
    """The provider gives nothing for a code: what it calls the error, for the log."""

    error: str


class Tokens(NamedTuple):
    """What it gives for a code."""

    id_token: str
    access_token: str


@dataclass
class _Remembered:
    at: float
    what: Any


_remembered: dict[str, _Remembered] = {}


def is_set_up() -> bool:
    """Tell whether there is a provider at all."""
    return bool(settings.OIDC_ISSUER)


def origin() -> str:
    """Return the origin of the provider; empty: there is none."""
    return addresses.origin(settings.OIDC_ISSUER) if is_set_up() else ""


def probe() -> str | None:
    """Say what is wrong with the provider, within a second; ``None``: nothing is, or there is none.

    Nothing that is remembered counts.
    """
    if not is_set_up():
        return None
    with deadline.within(PROBE_SECONDS):
        try:
            found = _discovered()
        except ProviderUnavailableError as error:
            return f"{settings.OIDC_ISSUER} cannot be discovered: {error}"
        try:
            _keys(found)
        except ProviderUnavailableError as error:
            return f"the keys of {settings.OIDC_ISSUER} cannot be read: {error}"
    return None


def discovered() -> Provider:
    """Return what the provider says of itself.

    Raises:
        ProviderUnavailableError: it cannot be asked, or what it says is not such a provider's.
    """
    return _remember(settings.OIDC_ISSUER, _discovered, REMEMBERED_SECONDS)


def keys(provider: Provider, *, anew: bool = False) -> KeySet:
    """Return the provider's public keys; ``anew``: one was missed among those that are remembered.

    Raises:
        ProviderUnavailableError: they cannot be read.
    """
    seconds = KEYS_AGAIN_SECONDS if anew else REMEMBERED_SECONDS
    return _remember(provider.jwks_uri, lambda: _keys(provider), seconds)


def way_there(provider: Provider, *, back: str, state: str, nonce: str, verifier: str) -> str:
    """Return the address at which somebody signs in, and from where they are sent ``back``."""
    client = OAuth2Client(None, settings.OIDC_CLIENT_ID, scope=SCOPE, code_challenge_method="S256")
    address, _ = client.create_authorization_url(
        provider.authorization_endpoint, state, verifier, redirect_uri=back, nonce=nonce
    )
    return str(address)


def exchanged(provider: Provider, code: str, *, back: str, verifier: str) -> Tokens | Refusal:
    """Return what the provider gives for a code.

    Raises:
        ProviderUnavailableError: it cannot be asked.
    """
    us = ClientAuth(settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, provider.knows_us_by)
    form = prepare_token_request("authorization_code", redirect_uri=back, code=code, code_verifier=verifier)
    address, headers, body = us.prepare("POST", provider.token_endpoint, dict(DEFAULT_HEADERS), form)
    status, said = calls.ask("POST", address, headers=headers, body=body)
    id_token, access_token = said.get("id_token"), said.get("access_token")
    if status == HTTPStatus.OK and isinstance(id_token, str) and isinstance(access_token, str):
        return Tokens(id_token, access_token)
    error = said.get("error")
    if isinstance(error, str) and error.isidentifier() and len(error) <= LONGEST_ERROR:
        return Refusal(error)
    return Refusal(f"status {status}")


def person(provider: Provider, access_token: str) -> dict[str, Any]:
    """Return what the provider tells of whoever signed in, beside the ID token; empty: nothing.

    Raises:
        ProviderUnavailableError: it cannot be asked.
    """
    if provider.userinfo_endpoint is None:
        return {}
    bearer = {"Authorization": f"Bearer {access_token}"}
    answer = calls.ask("GET", provider.userinfo_endpoint, headers=bearer)
    return answer.said if answer.status == HTTPStatus.OK else {}


def _remember(name: str, look: Callable[[], Kept], seconds: float) -> Kept:
    found = _remembered.get(name)
    if found is None or time.monotonic() - found.at >= seconds:
        found = _remembered[name] = _Remembered(time.monotonic(), look())
    kept: Kept = found.what
    return kept


def _discovered() -> Provider:
    issuer: str = settings.OIDC_ISSUER
    status, said = calls.ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if status != HTTPStatus.OK:
        raise ProviderUnavailableError(f"it answered {status}")
    if said.get("issuer") != issuer:
        raise ProviderUnavailableError("it calls itself otherwise than OIDC_ISSUER, to the last sign")
    methods = said.get("token_endpoint_auth_methods_supported")
    by_post = isinstance(methods, list) and "client_secret_basic" not in methods
    return Provider(
        issuer,
        _address(said, "authorization_endpoint"),
        _address(said, "token_endpoint"),
        _address(said, "jwks_uri"),
        _address(said, "userinfo_endpoint") if said.get("userinfo_endpoint") else None,
        "client_secret_post" if by_post else "client_secret_basic",
        said.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(said: dict[str, Any], name: str) -> str:
    address = said.get(name)
    fault = addresses.fault(address) if isinstance(address, str) else "is missing"
    if fault:
        raise ProviderUnavailableError(f"its {name} {fault}")
    return str(address)


def _keys(provider: Provider) -> KeySet:
    status, said = calls.ask("GET", provider.jwks_uri)
    listed = said.get("keys")
    if status != HTTPStatus.OK or not isinstance(listed, list):
        raise ProviderUnavailableError(f"it answered {status}, and no set of keys")
    found = [key for key in map(_key, listed) if key is not None]
    if not found:
        raise ProviderUnavailableError("none of them signs here")
    return KeySet(found)


def _key(listed: Any) -> Any:
    """Return a public key that signs; ``None``: it is another, or of a kind that nobody knows here."""
    if not isinstance(listed, dict) or listed.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(listed)
    except (JoseError, ValueError, TypeError):
        return None
    return None if isinstance(key, OctKey) else key
