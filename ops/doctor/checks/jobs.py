"""doctor:worker, doctor:beat, doctor:queue: jobs are sent, taken and done.

That a process lives proves little: the canary shows that work passes through it.
"""

from dataclasses import replace
from datetime import datetime

from redis.exceptions import RedisError

from ops.doctor import servers
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.checks import redis
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import broker, canary, heartbeats, wellbeing
from ops.jobs.wellbeing import Picture
from ops.maintenance import mode
from ops.mongo.collections import Document

# Beat sends about one a second, and holds its ticks back at a hundred.
MANY_WAITING = 60
JOBS_SHOWN = 5
# What keeps a worker that lives from its tasks, beside its queue.
HOLD_UP = ("clock", "mongo", "slow_ops", "process")


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
        return Finding(
            Result.DEGRADED,
            (f"{evidence}; failing: {shown}",),
            cause,
            _log("worker", where),
            due_to=("disk", "mongo", "redis", "slow_ops", "smtp"),
        )
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
    """The broker stores what it is given, and its queue is not full."""
    address = where.broker
    if address is None:
        return Finding(Result.COULD_NOT_LOOK, ("there is no queue to ask",), "it was not started", "make run")
    beside_cache = _is_beside_cache(where)
    try:
        with broker.client(address) as client:
            state = None if beside_cache else redis.used(client, redis.broker_at(address), where)
            if state is not None and state.result == Result.FAILED:
                return state
            waiting = broker.waiting(address)
    except ValueError:
        return servers.unreadable(redis.BROKER)
    except RedisError:
        return _no_broker()
    return _of_length(waiting, state, where)


def _is_beside_cache(where: Whereabouts) -> bool:
    return None not in {where.redis, where.broker} and broker.same_server(str(where.redis), str(where.broker))


def _queue(where: Whereabouts) -> tuple[str, ...]:
    """Return the checks that tell what is wrong with the queue's server."""
    return ("queue", "redis") if _is_beside_cache(where) else ("queue",)


def _of_length(waiting: int, state: Finding | None, where: Whereabouts) -> Finding:
    """Judge by how many wait; that nobody takes them, the worker's own check says."""
    evidence = f"{waiting} wait in the queue"
    if waiting >= MANY_WAITING and _is_worked_off(where):
        return Finding(
            Result.DEGRADED,
            (evidence,),
            "the worker takes them too slowly",
            _log("worker", where),
            due_to=("saturation", "memory", "mongo", "mongo_primary", "slow_ops", "smtp"),
        )
    if state is None:
        return Finding(Result.OK, (evidence,))
    return replace(state, evidence=(f"{evidence}; {state.evidence[0]}", *state.evidence[1:]))


def _is_worked_off(where: Whereabouts) -> bool:
    seen = ask(where, wellbeing.picture)
    if isinstance(seen, Finding):
        return True  # nobody knows better
    return bool(seen.living("worker")) and seen.silent_leg() != canary.WORKER


def _absent(role: str, seen: Picture, where: Whereabouts) -> Finding:
    """Tell of a role that nobody has. Of who did not say good-bye, the check of processes knows more."""
    known = seen.last_seen(role)
    if known is None:
        evidence, cause = f"no {role} has ever been seen", f"the {role} was not started"
    else:
        evidence = f"{heartbeats.named(known)} was last seen {_ago(known['seen_at'], seen.now)}"
        cause = f"the {role} was stopped or killed, or it cannot reach MongoDB"
    status = f"sudo systemctl status sbd-{role}" if where.production else "make run"
    nobody = not any(seen.living(each) for each in wellbeing.ROLES)
    died = ("process",) if known or nobody or where.production else ()
    # A worker ends by itself when its queue refuses what it writes.
    ended = _queue(where) if role == "worker" else ()
    return Finding(Result.FAILED, (evidence,), cause, status, ("clock", *ended, *_of_silence(seen), *died))


def _of_silence(seen: Picture) -> tuple[str, ...]:
    """Return what explains that all processes are silent, and none of them has said good-bye."""
    silent = all(not seen.living(role) and seen.last_seen(role) for role in wellbeing.ROLES)
    return ("mongo", "mongo_primary", "slow_ops", "pool") if silent else ()


def _takes_nothing(evidence: str, where: Whereabouts, living: list[Document], *, outbox: bool) -> Finding:
    if outbox:
        cause = "the delivery of mail does not run, or fails"
        return Finding(
            Result.FAILED, (evidence,), cause, _log("worker", where), due_to=("clock", "slow_ops", "smtp")
        )
    again = "sudo systemctl restart sbd-worker" if where.production else f"kill {living[-1]['pid']}; make run"
    cause = "the worker lives on and takes no tasks"
    return Finding(Result.FAILED, (evidence,), cause, again, due_to=(*_queue(where), *HOLD_UP))


def _no_broker() -> Finding:
    return Finding(
        Result.COULD_NOT_LOOK,
        ("its Redis cannot be asked",),
        "it is the cache's, see there",
        ".venv/bin/python manage.py doctor --section 3",
    )


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
