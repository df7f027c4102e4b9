"""doctor:maintenance: nothing stands still that should be at work."""

from django.conf import settings

from ops import switches
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts
from ops.maintenance import mode
from ops.mongo.collections import Document
from ops.read_only import mode as closed

END = ".venv/bin/python manage.py maintenance off"
OPEN = '.venv/bin/python manage.py read_only off --reason "the incident is over"'


def look(where: Whereabouts) -> Finding:
    """Maintenance is off."""
    told = ask(where, switches.read)
    if isinstance(told, Finding):
        return told
    switch = told.get(mode.SWITCH, {})
    if switch.get("on"):
        evidence = f"on since {switch['since']:%Y-%m-%d %H:%M} UTC: every call is answered 503, no job runs"
        return Finding(Result.DEGRADED, (evidence,), "somebody switched it on; the audit log says why", END)
    if settings.MAINTENANCE_FILE.exists():
        evidence = "its file stands on this machine, and the switch in the database is off"
        return Finding(Result.DEGRADED, (evidence,), "it was begun while MongoDB was away", END)
    return _read_only(told.get(closed.SWITCH, {}))


def _read_only(switch: Document) -> Finding:
    if not switch.get("on"):
        return Finding(Result.OK, ("maintenance is off, and changes are open",))
    evidence = (
        f"changes by users are closed since {switch['since']:%Y-%m-%d %H:%M} UTC: each is answered 503, and "
        "no allowance is paid"
    )
    return Finding(Result.DEGRADED, (evidence,), "somebody closed them; the audit log says why", OPEN)
