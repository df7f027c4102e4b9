"""What is counted of Redis: the cache, the limits, the sessions that it remembers."""

from ops.metrics import declaring
from ops.metrics.declaring import Counter

OTHER = declaring.OTHER
HIT, MISS, ERROR = "hit", "miss", "error"
CACHE, LIMITS, SESSIONS = "cache", "limits", "sessions"

cache_requests = Counter(
    "cache_requests", "Look-ups in the cache, by what came of it.", result=(HIT, MISS, ERROR)
)
errors = Counter(
    "redis_errors",
    "Questions that Redis did not answer, by what they were for.",
    use=(CACHE, LIMITS, SESSIONS, OTHER),
)
fallbacks = Counter("rate_limit_fallbacks", "Calls that a process counted for itself, without Redis.")
