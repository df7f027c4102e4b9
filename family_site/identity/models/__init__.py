"""Documents of the app."""

from family_site.identity.models.challenge import Challenge
from family_site.identity.models.external_sign_in import ExternalSignIn
from family_site.identity.models.link_request import LinkRequest
from family_site.identity.models.permanent_token import PermanentToken
from family_site.identity.models.session import Session
from family_site.identity.models.sign_in_challenge import SignInChallenge
from family_site.identity.models.sign_in_failures import SignInFailures
from family_site.identity.models.staff_role import StaffRole
from family_site.identity.models.user import User

__all__ = [
    "Challenge",
    "ExternalSignIn",
    "LinkRequest",
    "PermanentToken",
    "Session",
    "SignInChallenge",
    "SignInFailures",
    "StaffRole",
    "User",
]
