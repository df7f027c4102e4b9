"""Documents of the app."""

from family_site.identity.models.session import Session
from family_site.identity.models.sign_in_failures import SignInFailures
from family_site.identity.models.user import User

__all__ = ["Session", "SignInFailures", "User"]
