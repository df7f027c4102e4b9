"""As whom the session of a request sees, what ends it, and that nothing is changed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ops import clock
from ops.console.acting import staff
from ops.console.showing import minute
from ops.viewing_as import people
from ops.web.browsing import READING

PERMISSION = "identity.view_as"
TIME_IS_UP, NOT_ALLOWED, STOPPED, GONE = "time_is_up", "not_allowed", "stopped", "person_gone"


@dataclass(frozen=True)
class Viewing:
    """As whom, and until when."""

    user_id: str
    username: str
    until: datetime

    @property
    def ends(self) -> str:
        """The time of its end, for the banner."""
        return minute(self.until, day=False)


def of(request: HttpRequest) -> Viewing | None:
    """Return as whom the session of a request sees; ``None``: as nobody else."""
    session: Any = request.session
    found = session.viewing_as
    return Viewing(found["user_id"], found["username"], found["until"]) if found else None


def end(request: HttpRequest, why: str) -> None:
    """End it."""
    session: Any = request.session
    people.known().end(session.document_id, why, actor=staff(request), now=clock.now())
    session.forget_viewing()


def before(request: HttpRequest) -> HttpResponse | None:
    """End it if its time is up, or its right gone; refuse every form but the two that are always taken."""
    viewing = of(request)
    user: Any = request.user
    if viewing is None:
        return None
    if clock.now() >= viewing.until:
        end(request, TIME_IS_UP)
        messages.info(request, f"You see as yourself again: the time to see as {viewing.username} is up.")
        return None
    if not user.has_perm(PERMISSION):
        end(request, NOT_ALLOWED)
        return None
    taken = (reverse("admin:as-stop"), reverse("admin:logout"))
    if request.method in READING or request.path in taken:
        return None
    context = {**admin.site.each_context(request), "title": "Nothing was changed", "viewed": viewing}
    return render(request, "admin/viewing_refused.html", context, status=HTTPStatus.FORBIDDEN)


def told(request: HttpRequest) -> Mapping[str, Any]:
    """Return what the banner of every page says."""
    return {"viewing": of(request)}
