"""Documents of the app."""

from family_site.identity.models.session import Session
from family_site.identity.models.user import User

__all__ = ["Session", "User"]
