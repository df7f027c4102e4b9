"""What people tell on the console's front page."""

from ops.front import series
from ops.front.series import Series


def enter() -> None:
    """Register it."""
    people = Series(
        "registered", "people registered", "identity.view_user", "users", "created_at", "identity.user"
    )
    series.register(people)
