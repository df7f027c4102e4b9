"""The boxes of the runbook's checklists, as they are printed there, and what helps to tick each.

Source: runbook, "Service Recovery Checklist", "Security Incident Checklist" and "Alert Response Procedures";
runbook inventory, C01 to C48.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ops.incidents.kinds import Severity


class Box(NamedTuple):
    """Something to be done about an incident.

    Attributes:
        id: of the runbook's inventory, for example ``C05``.
        phase: heading under which it stands.
        title: as the runbook has it.
        auto: the system ticks it by itself once it sees that it was done; a person may be quicker.
        support: what helps, for people; names of commands, checks, fixes and pages stand in backquotes.
    """

    id: str
    phase: str
    title: str
    auto: bool
    support: str


class _Row(NamedTuple):
    title: str
    auto: bool
    support: str


def _auto(title: str, support: str) -> _Row:
    return _Row(title=title, auto=True, support=support)


def _by_hand(title: str, support: str) -> _Row:
    return _Row(title=title, auto=False, support=support)


_Phases = Sequence[tuple[str, Sequence[_Row]]]
_ACKNOWLEDGE = "`manage.py incident ack`, or the button; it stops the clock of the escalation"
_STATUS = "`manage.py incident public`: the page `/status` tells users"
_TOLD = "those of the matrix are told by themselves, later levels too: `manage.py incident show` lists them"
_CAUSE = "`manage.py doctor`: the cause first, its symptoms beneath; kept with the incident"
_FOLLOW_UP = "`manage.py incident follow-up`: what, who, and by when"
_POST_MORTEM = "`manage.py incident post-mortem` begins with a text that is filled in already"
_MITIGATE = (
    "`manage.py doctor --fix`, `ops/deploy/switch` back to the release before, `manage.py maintenance on`, "
    "`manage.py limits override`"
)

_SERVICE: _Phases = (
    (
        "Immediate response",
        (
            _auto("Acknowledge incident", _ACKNOWLEDGE),
            _auto(
                "Assess impact and severity",
                "failed requests by route, and users and families met, are counted; "
                "`manage.py incident severity` changes how bad it is",
            ),
            _auto("Implement immediate mitigation", _MITIGATE),
            _auto("Update status page", _STATUS),
        ),
    ),
    (
        "Investigation",
        (
            _auto(
                "Gather logs and metrics",
                "a bundle is taken when the incident opens; later ones: `manage.py support_bundle`",
            ),
            _auto("Identify root cause", _CAUSE),
            _auto("Document timeline", "it writes itself; `manage.py incident note` adds to it"),
            _auto(
                "Assess data integrity",
                "`manage.py verify_ledger`, `manage.py doctor --deep`; how it ended stands as evidence",
            ),
        ),
    ),
    (
        "Resolution",
        (
            _by_hand("Implement permanent fix", "`manage.py incident link` leads to the change"),
            _by_hand(
                "Test fix in staging",
                "the containers of `compose.yml`, and `manage.py restore_drill` of the latest backup",
            ),
            _auto(
                "Deploy to production",
                "`ops/deploy/switch`; each start of a release is recorded: `manage.py deployments`",
            ),
            _auto(
                "Verify resolution",
                "doctor, the alerts and the share of failed requests must be well for 15 minutes before "
                "`manage.py incident resolve` is taken",
            ),
        ),
    ),
    (
        "Post-incident",
        (
            _by_hand("Update documentation", "`manage.py incident link` leads to the page"),
            _auto("Conduct post-mortem", _POST_MORTEM),
            _auto("Implement preventive measures", _FOLLOW_UP),
            _by_hand(
                "Update runbooks",
                "`docs/runbook`; a fault that doctor did not name is tried from now on: `docs/faults.md`",
            ),
        ),
    ),
)

_SECURITY: _Phases = (
    (
        "Immediate response",
        (
            _auto(
                "Isolate affected systems",
                "`manage.py maintenance on`, or with reading going on `fix:read_only`; `fix:freeze_all`",
            ),
            _auto(
                "Preserve evidence",
                "the bundle of the incident, `manage.py backup --mark`, `manage.py export_audit`",
            ),
            _auto("Notify security team", _TOLD),
            _auto(
                "Document incident",
                "it is of the kind `security`, so only staff who may see security matters see it",
            ),
        ),
    ),
    (
        "Assessment",
        (
            _by_hand(
                "Determine scope of breach",
                "`manage.py breach_scope`: families, accounts and persons touched",
            ),
            _by_hand(
                "Identify compromised data",
                "`manage.py breach_scope` tells the fields, `manage.py export_person` what is kept of them",
            ),
            _by_hand(
                "Assess ongoing threats",
                "`manage.py security_events`; sign-ins that fail, live sessions: `manage.py breach_scope`",
            ),
            _by_hand(
                "Notify stakeholders",
                f"{_TOLD}; the persons touched are named by `manage.py breach_scope`",
            ),
        ),
    ),
    (
        "Containment",
        (
            _auto(
                "Block malicious traffic",
                "`manage.py access block`: an address or a network, until a time",
            ),
            _auto(
                "Revoke compromised credentials",
                "`fix:end_all_sessions`, `fix:force_new_passwords`, `manage.py rotate_key`",
            ),
            _auto(
                "Apply security patches",
                "`make audit` names known flaws; then a release with the patch",
            ),
            _by_hand(
                "Monitor for persistence",
                "new staff, permanent tokens, rights and addresses since: `manage.py breach_scope`",
            ),
        ),
    ),
    (
        "Recovery",
        (
            _auto("Restore from clean backups", "`manage.py restore --before`, a time before the breach"),
            _auto("Implement additional controls", _FOLLOW_UP),
            _auto(
                "Verify system integrity",
                "`manage.py verify_ledger`, `manage.py verify_audit`, `manage.py verify_release`, "
                "`manage.py doctor --deep`",
            ),
            _auto(
                "Resume normal operations",
                "`manage.py maintenance off`; what was closed or frozen is opened by the same fix; "
                "then all must be well for 15 minutes",
            ),
        ),
    ),
    (
        "Post-incident",
        (
            _by_hand(
                "Conduct forensic analysis",
                "the bundle and the marked backup stay as they are; `manage.py timeline` of an id",
            ),
            _auto("Update security measures", _FOLLOW_UP),
            _auto(
                "Notify authorities if required",
                "`manage.py incident notice`, within 72 hours after it became known",
            ),
            _auto("Document lessons learned", _POST_MORTEM),
        ),
    ),
)

_FIX_IN_TIME = "the incident counts down to its second due time; it is ticked if it was resolved by then"
_BY_SEVERITY: dict[Severity, tuple[str, Sequence[_Row]]] = {
    Severity.P1: (
        "Critical alert (P1)",
        (
            _auto("Acknowledge alert in monitoring system", f"within 15 minutes: {_ACKNOWLEDGE}"),
            _auto(
                "Check service status and logs",
                "doctor's findings and the bundle are kept with the incident; `manage.py errors --since 1h`",
            ),
            _auto("Implement immediate fix or workaround", _MITIGATE),
            _auto("Update status page", _STATUS),
            _auto("Notify stakeholders", _TOLD),
        ),
    ),
    Severity.P2: (
        "High priority alert (P2)",
        (
            _auto("Acknowledge alert", f"within 1 hour: {_ACKNOWLEDGE}"),
            _auto("Investigate root cause", _CAUSE),
            _auto("Implement fix within 4 hours", _FIX_IN_TIME),
            _auto("Document resolution", "`manage.py incident resolve` takes no incident without a text"),
        ),
    ),
    Severity.P3: (
        "Medium priority alert (P3)",
        (
            _auto("Acknowledge alert", f"within 4 hours: {_ACKNOWLEDGE}"),
            _auto("Schedule investigation", "`manage.py incident plan`: the day"),
            _auto("Implement fix within 24 hours", _FIX_IN_TIME),
        ),
    ),
}


def _numbered() -> Iterator[tuple[str, Box]]:
    """Yield each box with the list that it belongs to; ids count up through all of them."""
    lists: list[tuple[str, _Phases]] = [("service", _SERVICE), ("security", _SECURITY)]
    lists += [(severity, (phase,)) for severity, phase in _BY_SEVERITY.items()]
    number = 0
    for name, phases in lists:
        for phase, rows in phases:
            for row in rows:
                number += 1
                yield name, Box(f"C{number:02}", phase, *row)


_all = list(_numbered())
SERVICE = tuple(box for name, box in _all if name == "service")
SECURITY = tuple(box for name, box in _all if name == "security")
BY_SEVERITY = {each: tuple(box for name, box in _all if name == each) for each in Severity}
EVERY = tuple(box for _, box in _all)
