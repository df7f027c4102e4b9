"""Sessions of the console that nobody uses end: whoever sits down at a desk that was left finds the sign-in.

A session ends at the first request after ``CONSOLE_IDLE_MINUTES`` without one. What a page asks for by itself
does not count as one, or a page left open would keep its session for ever. Seen to the minute: more often
than that nothing is written.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from ops import clock
from ops.console.acting import staff
from ops.web import browsing
from ops.web.browsing import READING

# In the address of what a page asks for by itself.
REFRESHED = "refreshed"
REASON = "idle"
SEEN_EVERY = timedelta(minutes=1)


def before(request: HttpRequest) -> HttpResponse | None:
    """End the session if nobody has used it for too long, else note that somebody does."""
    session: Any = request.session
    now, seen_at = clock.now(), session.seen_at
    if seen_at is None:
        return None
    if now - seen_at >= timedelta(minutes=settings.CONSOLE_IDLE_MINUTES):
        return _ended(request)
    # Both ways: a time that a clock noted while it was ahead would keep the session for that much longer.
    if REFRESHED not in request.GET and abs(now - seen_at) >= SEEN_EVERY:
        session.note_seen(now)
    return None


def _ended(request: HttpRequest) -> HttpResponse:
    """End the session and lead to the sign-in, and from there back; what was typed is not done unseen."""
    session: Any = request.session
    session.origin, session.ends_as = staff(request), REASON
    logout(request)
    told = f"You were signed out: {settings.CONSOLE_IDLE_MINUTES} minutes went by without a request."
    back = request.get_full_path()
    if request.path == reverse("admin:logout"):
        back = reverse("admin:index")  # what was asked for is done; a sign-in must not end where it began
    elif request.method not in READING:
        told += " What you have just sent was not done: nothing was changed. Sign in, and send it again."
        back = request.path
    messages.warning(request, told)
    return browsing.go_to(reverse("admin:login", query={"next": back}))
