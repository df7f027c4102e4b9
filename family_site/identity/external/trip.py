"""What a browser carries to the provider and back: what only it knows, sealed into a cookie.

Bound to the ``state`` that the provider sends back: the cookie of one trip opens with no other state, so
nobody can send a person back with an answer that was given to somebody else.

Source: OpenID Connect Core 1.0, section 3.1.2.1 (state, nonce); RFC 7636 (code verifier).
"""

import json
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ops import sealed

COOKIE = "sbd_external"
PATH = "/sign-in/external"
GOOD_FOR = timedelta(minutes=10)
STATE_LENGTH = 43


class Trip(NamedTuple):
    """One way there and back; ``ends_at``: a Unix second, ``next``: where it leads on to, or empty."""

    state: str
    nonce: str
    verifier: str
    next: str
    ends_at: float


def begun(*, onward: str, now: datetime) -> Trip:
    """Return a new trip: nobody knows its three secrets."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Trip(state, nonce, verifier, onward, (now + GOOD_FOR).timestamp())


def carry(answer: HttpResponse, trip: Trip) -> None:
    """Give the trip to the browser."""
    answer.set_cookie(
        COOKIE,
        sealed.seal(json.dumps(trip), purpose=_purpose(trip.state)),
        max_age=int(GOOD_FOR.total_seconds()),
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # it must come along when the provider sends the browser back
    )


def carried(request: HttpRequest, *, now: datetime) -> Trip | None:
    """Return the trip that the browser comes back from; ``None``: another one, none, or too late."""
    state, cookie = request.GET.get("state", ""), request.COOKIES.get(COOKIE, "")
    if len(state) != STATE_LENGTH or not state.isascii() or not cookie.isascii():
        return None
    opened = sealed.opened(cookie, purpose=_purpose(state))
    if opened is None:
        return None
    made: list[Any] = json.loads(opened)
    trip = Trip(*made)
    return trip if now.timestamp() < trip.ends_at else None


def put_down(answer: HttpResponse) -> None:
    """Take the trip from the browser."""
    answer.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def _purpose(state: str) -> str:
    return f"external sign-in:{state}"
