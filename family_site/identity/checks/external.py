"""doctor:external (runbook R072), and the part ``external_sign_in`` of ``/health``, if there is one."""

import shlex

from django.conf import settings

from ops.doctor.check import Finding, Result
from ops.doctor.findings import without_settings
from ops.doctor.whereabouts import Whereabouts
from ops.health import components


def look(where: Whereabouts) -> Finding:
    """Ask the provider for what it says of itself, and for its keys."""
    if where.faults:
        return without_settings("whether there is a provider is known only with valid settings")
    if not settings.OIDC_ISSUER:
        return Finding(Result.OK, ("no external sign-in is set",))
    fault = probe()
    if fault is None:
        return Finding(Result.OK, (f"{settings.OIDC_ISSUER} tells its addresses and its keys",))
    discovery = f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration"
    return Finding(
        Result.DEGRADED,
        (fault,),
        "the provider or the network to it is broken, or OIDC_ISSUER is not its name: who signs in there "
        "needs a password meanwhile",
        f"curl -sS --max-time 5 {shlex.quote(discovery)}",
    )


def probe() -> str | None:
    """Return what is wrong with the provider; ``None``: nothing is."""
    from family_site.identity.external import provider  # noqa: PLC0415  # costly, and most have none

    return provider.probe()


def enter() -> None:
    """Enter the part of ``/health``, if there is a provider."""
    if settings.OIDC_ISSUER:
        components.register(components.Component("external_sign_in", probe))
