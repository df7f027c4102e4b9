"""The variables of the sign-in at another provider: all of them, or none."""

from pydantic import Field
from pydantic_settings import BaseSettings

from family_site.identity.external import addresses

LONGEST_NAME = 40
NAMES = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_name")


class ExternalSignIn(BaseSettings):
    """The provider, and who we are to it."""

    oidc_issuer: str = Field(
        "",
        description="Provider of OpenID Connect for signing in, as it names itself; empty: none.",
    )
    oidc_client_id: str = Field("", description="What the provider calls us.")
    oidc_client_secret: str = Field("", description="What the provider knows us by.")
    oidc_name: str = Field(
        "", max_length=LONGEST_NAME, description="What people call the provider; it stands on the button."
    )


def faults(environment: ExternalSignIn) -> list[str]:
    """Say what is wrong; the values stay out, one is a secret."""
    given = [name for name in NAMES if getattr(environment, name).strip()]
    if not given:
        return []
    found = [
        f"{name.upper()} is missing (needed with {given[0].upper()})" for name in NAMES if name not in given
    ]
    issuer = environment.oidc_issuer.strip()
    if issuer and "?" in issuer:
        found.append("OIDC_ISSUER must have no query")
    elif issuer and (fault := addresses.fault(issuer)):
        found.append(f"OIDC_ISSUER {fault}")
    return found
