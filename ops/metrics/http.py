"""What is counted of requests."""

from ops import errors
from ops.metrics.declaring import Counter, Gauge, Histogram
from ops.process import WEB

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
UNMATCHED = "unmatched"
QUEUE_FULL, TOO_LATE, BODY, OTHER = "queue_full", "too_late", "body", "other"
LANES = ("web", "health")

# Routes are templates of the URL table, and statuses our own: neither comes from outside.
_requests = Counter(
    "http_requests", "Answered requests.", roles=[WEB], method=METHODS, route=None, status=None
)
_duration = Histogram(
    "http_request_duration_seconds", "Time from a request to the head of its answer.", roles=[WEB], route=None
)
refusals = Counter(
    "http_refusals",
    "Requests that were refused before the application saw them, by reason.",
    roles=[WEB],
    reason=(QUEUE_FULL, TOO_LATE, BODY, OTHER),
)
busy_threads = Gauge("http_lane_busy_threads", "Threads that work on a request.", roles=[WEB], lane=LANES)
waiting = Gauge("http_lane_waiting", "Requests that wait for a thread.", roles=[WEB], lane=LANES)
_errors = Counter("api_errors", "Answers in the error shape, by their code.", roles=[WEB], code=None)


def note(method: str | None, route: str | None, status: int, seconds: float) -> None:
    """Count an answered request; ``route``: a template of the URL table."""
    route = route or UNMATCHED
    _requests.inc(method or "", route, str(status))
    _duration.observe(seconds, route)


def note_error(code: str) -> None:
    """Count an answer in the error shape."""
    _errors.inc(code if code in errors.CATALOGUE else OTHER)


def show_errors() -> None:
    """Show every code that there is; once all of them are loaded."""
    for code in (*errors.CATALOGUE, OTHER):
        _errors.present(code)
