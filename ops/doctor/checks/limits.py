"""doctor:limits (runbook R075-R081): overrides are mirrored, and no counter stays for ever."""

from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.limits.mirror import Difference
    from ops.limits.overrides import Override

REMIRROR = ".venv/bin/python manage.py limits remirror"
SHOWN = 5
# Steps of the search for counters without an end; the job goes through all of them by and by.
STEPS = 10


def look(where: Whereabouts) -> Finding:
    """Compare the hash with the documents, and search some counters for one without an end."""
    held = ask(where, _held)
    if isinstance(held, Finding):
        return held
    if where.redis is None:
        return _unseen()
    from ops.limits import mirror  # noqa: PLC0415  # only when Django is set up

    try:
        differing = mirror.difference(held)
        endless, calls = _endless(), _calls()
    except RedisError:
        return _unseen()
    if not differing and not endless:
        return Finding(Result.OK, (f"{_named(held)}; {calls}",))
    evidence = [_differs(differing)] if differing else []
    evidence += [f"{endless} counters have no end"] if endless else []
    return Finding(
        Result.DEGRADED,
        (*evidence, _named(held)),
        "Redis was emptied or changed by hand, and the job ops.limits.remirror does not run; what holds is "
        "in MongoDB, and no limit is wrong by it",
        REMIRROR,
    )


def _held() -> "list[Override]":
    from ops.limits import overrides  # noqa: PLC0415  # only when Django is set up

    return overrides.stored(clock.now())


def _endless() -> int:
    from ops.limits.upkeep import Search  # noqa: PLC0415  # only when Django is set up

    return Search().count(STEPS)


def _calls() -> str:
    from ops.limits.store import calls_of_hour  # noqa: PLC0415  # only when Django is set up

    calls, refused = calls_of_hour()
    return f"{refused} of {calls} calls of this hour were refused"


def _named(held: "Sequence[Override]") -> str:
    shown = [
        f"{each.operation} {each.most} in {each.window} s by {each.by} until {each.until:%Y-%m-%d %H:%M} UTC"
        for each in held[:SHOWN]
    ]
    if not shown:
        return "no override is in force"
    more = [f"and {len(held) - SHOWN} more"] if len(held) > SHOWN else []
    return f"in force: {', '.join([*shown, *more])}"


def _differs(found: "Difference") -> str:
    if found.wrong_type:
        return "rate_limit_config is no hash"
    parts: dict[str, Any] = {name: part for name, part in found._asdict().items() if part}
    said = (f"{name} {', '.join(fields[:SHOWN])}" for name, fields in parts.items())
    return f"rate_limit_config differs from the overrides: {'; '.join(said)}"


def _unseen() -> Finding:
    return Finding(
        Result.COULD_NOT_LOOK,
        ("Redis cannot be asked; each process counts for itself meanwhile",),
        "Redis is away, or too slow",
        ".venv/bin/python manage.py doctor --section 3",
    )
