"""Documents of the app."""

from family_site.identity.models.challenge import Challenge
from family_site.identity.models.link_request import LinkRequest
from family_site.identity.models.session import Session
from family_site.identity.models.sign_in_failures import SignInFailures
from family_site.identity.models.staff_role import StaffRole
from family_site.identity.models.user import User

__all__ = ["Challenge", "LinkRequest", "Session", "SignInFailures", "StaffRole", "User"]
