"""What operations tell on the front page: incidents, health, mails, and who was held up."""

from collections.abc import Callable
from datetime import datetime, timedelta

from ops.doctor import recording
from ops.front import attention, series
from ops.front.attention import Attention, of
from ops.front.series import Series
from ops.front.where import list_of, page
from ops.guarding import SecurityEventType
from ops.incidents import records
from ops.incidents.kinds import Kind, Severity
from ops.jobs import wellbeing
from ops.models.outbox import MailStatus

HOUR = timedelta(hours=1)
HEALTH, EVENTS, MAILS = "ops.view_health", "ops.view_securityevent", "ops.view_mail"
LIMITED, GUESSED = SecurityEventType.RATE_LIMITED, SecurityEventType.SIGN_IN_LIMITED


def enter() -> None:
    """Register them."""
    for severity in Severity:
        attention.register(_incidents(severity))
    attention.register(Attention("doctor", "findings of doctor", HEALTH, _findings, page("health")))
    attention.register(Attention("failed_jobs", "failed jobs", HEALTH, _failed_jobs, page("health")))
    attention.register(
        Attention(
            "dead_letters",
            "mails given up",
            MAILS,
            of("email_outbox", lambda _now: {"status": str(MailStatus.DEAD_LETTER)}),
            list_of("ops.mail", status=str(MailStatus.DEAD_LETTER)),
        )
    )
    attention.register(_events("limited", "events of refused calls (429) in the past hour", LIMITED))
    attention.register(_events("guessed", "events of held-up sign-ins in the past hour", GUESSED))
    series.register(
        Series("mails", "mails queued", MAILS, "email_outbox", "created_at", "ops.mail"),
        Series(
            "limited",
            "calls refused with 429",
            EVENTS,
            "security_events",
            "last_at",
            "ops.securityevent",
            filters={"type": str(LIMITED)},
            sums="count",
            settles=HOUR,  # an event is of an hour, and goes from quarter to quarter with the latest call
        ),
    )


def _incidents(severity: Severity) -> Attention:
    return Attention(
        f"incidents_{severity}",
        f"open incidents, {severity.upper()}",
        "ops.view_incident",
        _open(severity, of_security=False),
        page("incidents", state=records.ANY_UNRESOLVED, severity=str(severity)),
        adds=("ops.view_security", _open(severity, of_security=True)),
    )


def _open(severity: Severity, *, of_security: bool) -> Callable[[datetime], int]:
    def count(_now: datetime) -> int:
        bad = (each for each in records.open_ones() if each["severity"] == severity)
        return sum((each["kind"] == Kind.SECURITY) is of_security for each in bad)

    return count


def _findings(now: datetime) -> int:
    """Return how many causes doctor saw; that it has not looked of late, its board says."""
    seen = recording.latest()
    return 0 if seen is None or recording.is_stale(seen, now) else len(list(recording.causes(seen)))


def _failed_jobs(_now: datetime) -> int:
    return len(wellbeing.picture().failing())


def _events(key: str, label: str, kind: SecurityEventType) -> Attention:
    lately = of("security_events", lambda now: {"type": str(kind), "last_at": {"$gte": now - HOUR}})
    return Attention(key, label, EVENTS, lately, list_of("ops.securityevent", type=str(kind), last_at="hour"))
