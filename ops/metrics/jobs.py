"""What is counted of jobs; their names stand in beat's table."""

from ops.metrics.declaring import Counter, Gauge, Histogram
from ops.process import WORKER

OK, FAILED, PUT_OFF = "ok", "failed", "put_off"

_runs = Counter("job_runs", "Runs of a job, by outcome.", roles=[WORKER], job=None, outcome=None)
_errors = Counter("job_errors", "Runs of a job that failed.", roles=[WORKER], job=None)
_duration = Histogram(
    "job_duration_seconds",
    "Time of a run of a job.",
    buckets=(0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 45.0),
    roles=[WORKER],
    job=None,
)
_last_success = Gauge(
    "job_last_success_timestamp_seconds",
    "When a job last ended well.",
    largest=True,
    roles=[WORKER],
    job=None,
)


def show(*names: str) -> None:
    """Show jobs before they have run."""
    for name in names:
        for outcome in (OK, FAILED, PUT_OFF):
            _runs.present(name, outcome)
        _errors.present(name)


def note(name: str, outcome: str, seconds: float, *, now: float) -> None:
    """Count a run; ``now``: as a Unix time."""
    _runs.inc(name, outcome)
    _duration.observe(seconds, name)
    if outcome == OK:
        _last_success.set(now, name)
    elif outcome == FAILED:
        _errors.inc(name)
