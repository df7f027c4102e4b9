"""Looking at the parts: from inside a web process, and from outside of it, by a call."""

import json
import socket
from http import HTTPStatus

import pymongo
from django.conf import settings
from django.db import DatabaseError
from pymongo.errors import PyMongoError

from ops.doctor import calls
from ops.doctor.calls import Answer
from ops.errors import DatabaseUnavailableError
from ops.health import components
from ops.jobs import wellbeing
from ops.maintenance import mode
from ops.read_only import mode as read_only
from ops.status.states import Look, Web

READY = "/health/ready"
MAINTENANCE = "maintenance"
# These are told by others, or over in a moment: whoever says so answers.
TOLD_ELSEWHERE = frozenset({MAINTENANCE, "no_primary", "draining"})
# HTTP contract, section 2.2: no answer takes longer.
ANSWER_SECONDS = 3.0
ELSEWHERE_SECONDS = 1.0
AWAY = (DatabaseUnavailableError, DatabaseError, PyMongoError)


def from_inside() -> Look:
    """Return what this web process finds: it answers."""
    return Look(Web.ANSWERS, _faulty(), mode.is_on(), _is_read_only())


def from_outside() -> Look:
    """Return what is found when the web process on this machine is asked, too."""
    web, obstacles = _asked()
    return Look(web, _faulty(), mode.is_on() or MAINTENANCE in obstacles, _is_read_only())


def _faulty() -> dict[str, bool]:
    return {each.component.name: each.fault is not None for each in components.prober.findings()}


def _is_read_only() -> bool:
    return read_only.standing() is not None


def _asked() -> tuple[Web, frozenset[str]]:
    """Return how the web process answered, and why it wants no calls."""
    try:
        answer = calls.get(settings.WEB_PORT, READY, ANSWER_SECONDS)
    except calls.Unanswered:
        return _elsewhere(), frozenset()
    obstacles = frozenset(_obstacles(answer))
    if answer.status == HTTPStatus.OK or (obstacles and obstacles <= TOLD_ELSEWHERE):
        return Web.ANSWERS, obstacles
    return Web.FALTERS, obstacles


def _obstacles(answer: Answer) -> list[str]:
    try:
        said = json.loads(answer.body)
        return [str(each) for each in said["details"]["obstacles"]]
    except (ValueError, KeyError, TypeError):
        return []


def _elsewhere() -> Web:
    """Say what silence on this machine means: elsewhere web processes may live, as they tell themselves."""
    try:
        with pymongo.timeout(ELSEWHERE_SECONDS):
            seen = wellbeing.picture()
    except AWAY:
        return Web.SILENT
    here = socket.gethostname()
    if all(each["host"] == here for each in seen.living("web")):
        return Web.SILENT
    has_one = any(each.get("role") == "web" and each["host"] == here for each in seen.beats)
    return Web.FALTERS if has_one else Web.ANSWERS
