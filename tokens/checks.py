"""doctor:ledger (runbook R084), and the part ``sbd_tokens`` of ``/health``: how the last check has ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Check, Finding, Result
from ops.doctor.whereabouts import Whereabouts
from tokens.actions import checking
from tokens.actions.checking import Standing

# The job checks each night, and may take its time for it.
MOST_AGE = timedelta(hours=26)
FINDINGS_SHOWN = 5
VERIFY = ".venv/bin/python manage.py verify_ledger"


def look(where: Whereabouts) -> Finding:
    """Tell what the last check of the whole ledger found, and whether that is long ago."""
    standing = ask(where, checking.standing)
    if isinstance(standing, Finding):
        return standing
    now = clock.now()
    if standing.last is not None and standing.last["broken"]:
        cause = "documents of the ledger were changed past the product, or by a defect of it"
        return Finding(Result.FAILED, _broken(standing.last, now), cause, VERIFY)
    evidence = (_checked(standing, now),)
    if _is_late(standing, now):
        return Finding(
            Result.DEGRADED, evidence, "the job tokens.ledger.verify does not run, or fails", VERIFY
        )
    return Finding(Result.OK, evidence)


def probe() -> str | None:
    """Return what is wrong with the ledger, for `/health`; ``None``: nothing that is known."""
    standing, now = checking.standing(), clock.now()
    if standing.last is not None and standing.last["broken"]:
        return _broken(standing.last, now)[0]
    return _checked(standing, now) if _is_late(standing, now) else None


def _broken(last: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    broken = ", ".join(f"{name} ({times})" for name, times in sorted(last["broken"].items()))
    shown = [each["sentence"] for each in last["findings"][:FINDINGS_SHOWN]]
    more = sum(last["broken"].values()) - len(shown)
    rest = [f"and {more} more"] if more > 0 else []
    return (f"broken {_ago(last['ended_at'], now)}: {broken}", *shown, *rest)


def _checked(standing: Standing, now: datetime) -> str:
    last, since = standing
    if last is not None:
        counts = (
            f"{last['accounts']} accounts, {last['entries']} entries, {last['transactions']} transactions"
        )
        return f"all invariants held {_ago(last['ended_at'], now)}: {counts}"
    opened = "" if since is None else f"; the ledger was opened {_ago(since, now)}"
    return f"never checked{opened}"


def _is_late(standing: Standing, now: datetime) -> bool:
    since = standing.unchecked_since
    return since is None or now - since > MOST_AGE


def _ago(moment: datetime, now: datetime) -> str:
    minutes = max(0, int((now - moment).total_seconds() // 60))
    return f"{minutes // 60} h {minutes % 60} min ago"


CHECK = Check("ledger", 8, "the ledger's invariants hold", look, seconds=2.0, rests_on=("settings", "mongo"))
