"""Lines as the product's processes write them, for bundles to be taken of."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops import clock

ANN, BEN = f"user_{'a1' * 15}", f"user_{'b2' * 15}"
FAMILY = f"fam_{'c3' * 15}"
REQUEST = "d4" * 16
TRACE = """Traceback (most recent call last):
  File "/opt/sbd/current/families/actions/joining.py", line 88, in accept
    members.join(family_id)
KeyError: 'x'"""


def event(level: str, said: str, *, minutes: float = 5, **facts: Any) -> str:
    """Return a line of some minutes ago."""
    at = (clock.now() - timedelta(minutes=minutes)).isoformat()
    return json.dumps({"event": said, "level": level, "logger": "tests", "at": at, **facts})


def request(status: int, route: str, *, ms: float = 5.0, minutes: float = 5, **facts: Any) -> str:
    """Return the line of a request."""
    told = {"method": "POST", "route": route, "status": status, "ms": ms, **facts}
    return event("INFO", "request", minutes=minutes, **told)


def busy(path: Path, *more: str) -> Path:
    """Write what a system says that is used and has troubles; returns the file."""
    lines = [
        *(request(200, "/family/create", ms=number, minutes=40) for number in range(1, 21)),
        *(request(200, "/family/create", ms=10, minutes=6) for _ in range(8)),
        request(503, "/family/create", ms=3000, minutes=6, error="DATABASE_UNAVAILABLE"),
        request(429, "/auth/login", minutes=5, error="RATE_LIMIT_EXCEEDED"),
        request(401, "/family/my-families", minutes=5, error="INVALID_TOKEN"),
        request(403, "/family/invite", minutes=4, error="MEMBER_LIMIT_EXCEEDED"),
        *(event("ERROR", "request failed", minutes=3, exception=TRACE, request_id=REQUEST) for _ in range(2)),
        request(500, "/family/join", minutes=3, request_id=REQUEST),
        event("ERROR", "Database connection failed", minutes=6, cause="AutoReconnect"),
        event("INFO", "auth.login.ok", user=ANN),
        *(event("INFO", "auth.login.failed", reason="wrong_password", user=BEN) for _ in range(3)),
        event("INFO", "auth.token.rejected", reason="expired"),
        event("WARNING", "rate limit exceeded", operation="login", scope="address", who="203.0.113.9"),
        event("WARNING", "rate limit exceeded", operation="family_create", scope="user", who=BEN),
        event("WARNING", "rate limit store unavailable, counting here"),
        event("INFO", "family.created", family=FAMILY, actor=ANN),
        event("INFO", "family.member.removed", family=FAMILY, actor=BEN),
        "a line that is no JSON",
    ]
    path.write_text("".join(f"{line}\n" for line in [*lines, *more]))
    return path
