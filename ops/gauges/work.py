"""What waits, what was done last, and what staff have switched."""

from collections.abc import Mapping
from datetime import datetime

from ops import clock
from ops.audit.standing import standing as standing_of_audit
from ops.limits import overrides
from ops.limits.table import LIMITS
from ops.maintenance import mode
from ops.metrics.sources import Figure, Found, Source, register
from ops.outbox import queries as outbox

RAISES, LOWERS = "raises", "lowers"


def enter() -> None:
    """Register."""
    register(
        Source(
            "mail",
            [
                Figure("email_oldest_unsent_seconds", "How long the mail has waited that was due first."),
                Figure("email_dead_letters", "Mails that were given up and wait for a person."),
            ],
            _mail,
        )
    )
    register(
        Source(
            "audit",
            [Figure("audit_unsealed_seconds", "Age of the oldest audit entry that is not sealed.")],
            lambda: {"audit_unsealed_seconds": _age(standing_of_audit().waiting_since)},
        )
    )
    register(
        Source(
            "maintenance",
            [Figure("maintenance_mode", "Whether everything stands still for maintenance.")],
            lambda: {"maintenance_mode": float(mode.is_on())},
        )
    )
    register(
        Source(
            "overrides",
            [Figure("rate_limit_overrides", "Limits that staff have set, by what they do.", ("effect",))],
            lambda: {"rate_limit_overrides": _overrides()},
        )
    )


def _mail() -> Mapping[str, Found]:
    return {
        "email_oldest_unsent_seconds": _age(outbox.due_since(now=clock.now())),
        "email_dead_letters": float(outbox.dead_letters().count),
    }


def _overrides() -> dict[str, float]:
    found = {RAISES: 0.0, LOWERS: 0.0}
    for each in overrides.stored(clock.now()):
        if (usual := LIMITS.get(each.operation)) is not None:
            raises = each.most * usual.window > usual.most * each.window
            found[RAISES if raises else LOWERS] += 1
    return found


def _age(since: datetime | None) -> float:
    """Return how long ago that was; 0: nothing waits."""
    return 0.0 if since is None else max(0.0, (clock.now() - since).total_seconds())
