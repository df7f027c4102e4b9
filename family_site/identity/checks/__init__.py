"""What is looked at about sign-in without being asked for by a client (runbook section 6)."""

from family_site.identity.checks import external, jwt, refusals, second_factor
from ops.doctor.check import Check

CHECKS = (
    Check(
        "jwt",
        6,
        "every process has the keys that tokens were signed with",
        jwt.look,
        seconds=2.0,
        rests_on=("settings", "mongo"),
    ),
    Check(
        "two_factor",
        6,
        "second factors work, and staff have one",
        second_factor.look,
        seconds=2.0,
        rests_on=("settings", "mongo"),
    ),
    Check(
        "auth",
        6,
        "sign-in refuses nobody again and again",
        refusals.look,
        seconds=2.0,
        rests_on=("settings", "mongo"),
    ),
    Check(
        "external",
        6,
        "the provider of external sign-in answers",
        external.look,
        seconds=2.0,
        rests_on=("settings",),
    ),
)
