"""What answers tell of limits, as callers read it."""

from ops.limits.table import LIMITS
from tests.api import Answer, Api

FAMILY = {"name": "Larks"}
CREATE = LIMITS["family_create"]
NAMES = ("Limit", "Remaining", "Reset", "Window", "Type")


def told(answer: Answer) -> dict[str, str]:
    """Return what an answer tells of the limit, without its end."""
    return {name: answer.headers[f"X-RateLimit-{name}"] for name in NAMES if name != "Reset"}


def as_told(operation: str, remaining: int) -> dict[str, str]:
    """Return what an answer tells of this operation's limit."""
    limit = LIMITS[operation]
    return {
        "Limit": str(limit.most),
        "Remaining": str(remaining),
        "Window": str(limit.window),
        "Type": str(limit.key),
    }


def found_until_refused(api: Api) -> list[int]:
    """Found families until that is refused; returns all statuses."""
    return [api.post("/family/create", FAMILY).status for _ in range(CREATE.most + 1)]
