"""Who calls, before they have said who they are."""

from typing import Any

from ops.actors import Actor, ActorKind


def anonymous(request: Any) -> Actor:
    """Return the actor of a call without credentials."""
    return Actor(
        kind=ActorKind.ANONYMOUS,
        id="anonymous",
        request_id=getattr(request, "request_id", None),
        address=request.META.get("REMOTE_ADDR"),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:200] or None,
    )
