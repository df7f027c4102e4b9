"""What is counted of signing in, of what people sign in with, and of limits."""

import contextlib
from collections.abc import Iterator

from ops.metrics import redis
from ops.metrics.declaring import OTHER, Counter
from ops.process import WEB

REDIS, MONGODB = "redis", "mongodb"
OK, FAILED, LOCKED = "ok", "failed", "locked"
SECOND_FACTOR_NEEDED, SECOND_FACTOR_FAILED = "second_factor_needed", "second_factor_failed"
DISABLED = "disabled"
OUTCOMES = (OK, FAILED, LOCKED, SECOND_FACTOR_NEEDED, SECOND_FACTOR_FAILED, DISABLED)

limit_refusals = Counter(
    "rate_limit_refusals", "Calls that were one too many, by operation.", roles=[WEB], operation=None
)
session_lookups = Counter(
    "session_lookups", "Sessions that were looked up, by where.", roles=[WEB], source=(REDIS, MONGODB)
)
session_lookup_errors = Counter(
    "session_lookup_errors",
    "Sessions that could not be looked up, by where.",
    roles=[WEB],
    source=(REDIS, MONGODB),
)
sign_ins = Counter("sign_ins", "Attempts to sign in, by outcome.", roles=[WEB], outcome=OUTCOMES)
# Of an error ``INVALID_TOKEN``.
REASONS = ("expired", "malformed", "signature", "revoked", "reused", "address")
token_rejections = Counter(
    "token_rejections", "Tokens that were not taken, by reason.", roles=[WEB], reason=(*REASONS, OTHER)
)


@contextlib.contextmanager
def looking_up() -> Iterator[None]:
    """Count it if a session cannot be looked up in MongoDB."""
    try:
        yield
    except Exception:
        session_lookup_errors.inc(MONGODB)
        raise


def note_not_remembered() -> None:
    """Count that Redis did not take what it should remember of a session."""
    redis.errors.inc(redis.SESSIONS)
    session_lookup_errors.inc(REDIS)
