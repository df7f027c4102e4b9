"""Looking at every part anew because somebody asks for it."""

from collections.abc import Sequence
from datetime import datetime

from ops import audit
from ops.actors import Actor
from ops.health import components
from ops.health.components import Finding, Health
from ops.mongo.unit_of_work import unit_of_work


def check(*, actor: Actor, now: datetime) -> Sequence[Finding]:
    """Ask every part now, whatever was found a moment ago.

    Audited, as all that operators set off; without a database there is nothing to write it to, and what was
    found is told all the same.
    """
    findings = components.prober.findings(fresh=True)
    state = components.overall(findings)
    if state != Health.UNHEALTHY:
        _record(state, findings, actor=actor, now=now)
    return findings


@unit_of_work()
def _record(state: Health, findings: Sequence[Finding], *, actor: Actor, now: datetime) -> None:
    faulty = sorted(each.component.name for each in findings if each.fault is not None)
    after = {"status": str(state), "unhealthy": faulty}
    audit.record(actor, "health.checked", target="health", now=now, after=after)
