"""The limiter (runbook R077)."""

from second_brain_database.config import get_settings


class SecurityManager:
    """What the runbook asks of it."""

    @property
    def rate_limiting_enabled(self) -> bool:
        """Whether calls are counted against the limits; ``manage.py doctor`` says whether that works."""
        return bool(get_settings().ENABLE_RATE_LIMITS)


security_manager = SecurityManager()
