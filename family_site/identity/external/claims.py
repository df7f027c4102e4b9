"""Whether an ID token is what it must be: signed by the provider, for us, for this browser, and still good.

Source: OpenID Connect Core 1.0, sections 3.1.3.7 (what is looked at) and 5.3 (what is told beside it).
"""

from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # ships no types
from django.conf import settings
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError

from family_site.identity import rules
from family_site.identity.actions.external import Stranger
from family_site.identity.external import provider as providers
from family_site.identity.external.provider import Provider, Tokens

# By a private key only: whoever could verify another kind could also sign it.
ALGORITHMS = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519"),
)
LEEWAY_SECONDS = 60  # as far as the clocks of two machines may be apart
LONGEST_SUBJECT = 255
TRUE = (True, "true")  # some providers tell it as a text


class UnverifiedTokenError(Exception):
    """The ID token is not taken; says which check failed, and nothing of what is in it."""


def stranger(provider: Provider, tokens: Tokens, *, nonce: str, now: datetime) -> Stranger:
    """Return who has signed in at the provider.

    Raises:
        UnverifiedTokenError: the ID token is not taken.
        ProviderUnavailableError: the provider has to be asked, and cannot be.
    """
    try:
        token = _signed(provider, tokens.id_token)
        wanted = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
        }
        known = {
            "nonce": nonce,
            "client_id": settings.OIDC_CLIENT_ID,
            "access_token": tokens.access_token,
        }
        claims = CodeIDToken(token.claims, token.header, wanted, known)
        claims.validate(int(now.timestamp()), LEEWAY_SECONDS)
    except JoseError as error:
        raise UnverifiedTokenError(type(error).__name__) from None
    subject = claims["sub"]
    if not subject or len(subject) > LONGEST_SUBJECT:
        raise UnverifiedTokenError("subject")
    told = dict(claims)
    if "email" not in told or "email_verified" not in told:
        beside = providers.person(provider, tokens.access_token)
        told |= beside if beside.get("sub") == subject else {}
    return Stranger(provider.issuer, subject, _verified_address(told))


def _signed(provider: Provider, id_token: str) -> jwt.Token:
    """Return the token once its signature is known to be the provider's; a new key of it is looked for."""
    try:
        return jwt.decode(id_token, providers.keys(provider), list(ALGORITHMS))
    except (BadSignatureError, InvalidKeyIdError):
        return jwt.decode(id_token, providers.keys(provider, anew=True), list(ALGORITHMS))
    except (ValueError, TypeError):  # what is no token at all
        raise UnverifiedTokenError("malformed") from None


def _verified_address(told: dict[str, Any]) -> str | None:
    """Return the address that the provider has verified, folded; ``None``: it has none."""
    address, verified = told.get("email"), told.get("email_verified")
    if not isinstance(address, str) or verified not in TRUE or rules.email_fault(address):
        return None
    return rules.folded_email(address)
