"""Whether it is over: alerts, doctor and the share of failed requests must have been well for a while.

Source: runbook inventory, C12 and C32.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ops.doctor import recording
from ops.doctor.check import Result
from ops.incidents.impact import share_of_late
from ops.incidents.kinds import GREEN_FOR
from ops.mongo.collections import Document

# Doctor looks once a minute; a few of its looks may be missing.
LEAST_LOOKS = 10
MOST_FAILED = 0.05  # as in the alert ServiceUnavailable


def obstacles(incident: Document, now: datetime) -> list[str]:
    """Return why it may not be called resolved, a sentence each; none: all has been well for 15 minutes.

    Raises:
        DatabaseUnavailableError, PyMongoError: MongoDB cannot be asked.
    """
    since = now - GREEN_FOR
    return [*_alerts(incident, since), *_doctor(incident, since, now), *_requests(incident, now)]


def _alerts(incident: Document, since: datetime) -> Iterator[str]:
    """Tell of each alert once, however many series of it there are."""
    told: dict[str, str] = {}
    for each in incident["alerts"].values():
        name, ended = each["name"], each["ends_at"]
        if ended is None:
            told[name] = f"Alert {name} still fires."
        elif ended > since:
            told.setdefault(name, f"Alert {name} fired until {ended:%H:%M}, less than {_span()} ago.")
    yield from told.values()


def _doctor(incident: Document, since: datetime, now: datetime) -> Iterator[str]:
    looks = [each for each in recording.since(since) if since < each["at"] <= now]
    if not looks or now - looks[-1]["at"] > recording.STALE_AFTER:
        yield "Doctor has not looked within the last 3 minutes."
    if len(looks) < LEAST_LOOKS:
        yield f"Doctor looked {len(looks)} times in the last {_span()}, not {LEAST_LOOKS} times."
    unwell: dict[str, tuple[str, datetime]] = {}
    for each in looks:
        # A check of the incident that was not made, since what it looks at lives on another machine now, says
        # nothing; the alerts do.
        for name, result in each["results"].items():
            ours = name in incident["checks"] and result != Result.OK
            if ours or result == Result.FAILED:
                unwell[name] = result, each["at"]
    for name, (result, at) in unwell.items():
        yield f"doctor:{name} was {result.replace('_', ' ')} at {at:%H:%M}."


def _requests(incident: Document, now: datetime) -> Iterator[str]:
    """Tell that too many requests fail, where that is known."""
    share = share_of_late(incident, now)
    if share is not None and share >= MOST_FAILED:
        yield f"{share:.1%} of the requests of the last {_span()} failed; it must be below {MOST_FAILED:.0%}."


def _span() -> str:
    return f"{GREEN_FOR // timedelta(minutes=1)} minutes"
