"""doctor:worker, doctor:beat, doctor:queue: jobs are sent, taken and done.

That a process lives proves little: the canary shows that work passes through it.
"""

from datetime import datetime
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as SilentError

from ops.doctor import servers
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.servers import Kind
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import broker, canary, heartbeats, wellbeing
from ops.jobs.wellbeing import Picture
from ops.maintenance import mode
from ops.mongo.collections import Document

BROKER = Kind("the jobs' Redis", "CELERY_BROKER_URL", "redis")
# Beat sends about one a second, and holds its ticks back at a hundred.
MANY_WAITING = 60
JOBS_SHOWN = 5


def look_at_worker(where: Whereabouts) -> Finding:
    """A worker lives, takes tasks, works the outbox off, and its jobs end well."""
    seen = ask(where, wellbeing.picture)
    if isinstance(seen, Finding):
        return seen
    living = seen.living("worker")
    if not living:
        return _absent("worker", seen, where)
    evidence = f"{heartbeats.named(living[-1])} lives"
    if idle := _idle(seen):
        return Finding(Result.OK, (f"{evidence}; {idle}",))
    leg = seen.silent_leg()
    if leg is not None:
        silent = f"nothing has come through {wellbeing.LEGS[leg]} for {seen.silent_for(leg).seconds} s"
        return _takes_nothing(f"{evidence}; {silent}", where, living, outbox=leg == canary.OUTBOX)
    if failing := seen.failing():
        shown = ", ".join(f"{each['_id']} ({each['error']})" for each in failing[:JOBS_SHOWN])
        cause = "the last run of each ended with this error"
        return Finding(Result.DEGRADED, (f"{evidence}; failing: {shown}",), cause, _log("worker", where))
    return Finding(Result.OK, (f"{evidence}; {_canary(seen)}",))


def _idle(seen: Picture) -> str | None:
    """Say why there is nothing to judge a worker by; ``None``: there is."""
    if mode.is_on():
        return "it stands still for maintenance"
    return None if seen.living("beat") else "no beat, so nothing to do"  # beat's own check says so


def look_at_beat(where: Whereabouts) -> Finding:
    """A beat lives; more than one does no harm."""
    seen = ask(where, wellbeing.picture)
    if isinstance(seen, Finding):
        return seen
    living = seen.living("beat")
    if not living:
        return _absent("beat", seen, where)
    return Finding(Result.OK, (f"{heartbeats.named(living[-1])} lives",))


def look_at_queue(where: Whereabouts) -> Finding:
    """The broker answers, and its queue is not full."""
    address = where.broker
    if address is None:
        return Finding(Result.COULD_NOT_LOOK, ("there is no queue to ask",), "it was not started", "make run")
    try:
        waiting = broker.waiting(address)
    except ValueError:
        return servers.unreadable(BROKER)
    except RedisError as error:
        return _no_broker(where, address, error)
    evidence = (f"{waiting} wait in the queue",)
    if waiting < MANY_WAITING:
        return Finding(Result.OK, evidence)
    return Finding(
        Result.DEGRADED, evidence, "no worker takes them, or it takes them too slowly", _log("worker", where)
    )


def _absent(role: str, seen: Picture, where: Whereabouts) -> Finding:
    known = seen.last_seen(role)
    if known is None:
        evidence, cause = f"no {role} has ever been seen", f"the {role} was not started"
    else:
        evidence = f"{heartbeats.named(known)} was last seen {_ago(known['seen_at'], seen.now)}"
        cause = f"the {role} was stopped or killed, or it cannot reach MongoDB"
    status = f"sudo systemctl status sbd-{role}" if where.production else "make run"
    return Finding(Result.FAILED, (evidence,), cause, status)


def _takes_nothing(evidence: str, where: Whereabouts, living: list[Document], *, outbox: bool) -> Finding:
    if outbox:
        cause = "the delivery of mail does not run, or fails"
        return Finding(Result.FAILED, (evidence,), cause, _log("worker", where))
    again = "sudo systemctl restart sbd-worker" if where.production else f"kill {living[-1]['pid']}; make run"
    return Finding(Result.FAILED, (evidence,), "the worker lives on and takes no tasks", again)


def _no_broker(where: Whereabouts, address: str, error: RedisError) -> Finding:
    if where.redis is not None and broker.same_server(where.redis, address):
        return Finding(
            Result.COULD_NOT_LOOK,
            ("its Redis cannot be asked",),
            "it is the cache's, see there",
            ".venv/bin/python manage.py doctor --section 3",
        )
    parts = urlsplit(address)
    place = (parts.hostname or "localhost", parts.port or broker.DEFAULT_PORT)
    late = isinstance(error, SilentError)
    refused = "Connection refused" in str(error)
    met = servers.silence(broker.SECONDS) if late else servers.REFUSED if refused else type(error).__name__
    return servers.unreachable(BROKER, where, {place: met})


def _canary(seen: Picture) -> str:
    passed = [each for each in seen.beats if each["_id"] == canary.OUTBOX]
    if not passed:
        return "the canary has not come yet"
    took = passed[0]["ok_at"] - passed[0]["sent_at"]
    return f"the canary came {_ago(passed[0]['ok_at'], seen.now)} and took {took.total_seconds():.1f} s"


def _log(role: str, where: Whereabouts) -> str:
    return f"sudo journalctl -u sbd-{role} -n 50" if where.production else "pgrep -af 'celery.*worker'"


def _ago(moment: datetime, now: datetime) -> str:
    return f"{max(0.0, (now - moment).total_seconds()):.0f} s ago"
