"""E12, E16-E19, E23, E24: what is kept of starts, attacks, mails, limits and of the system's own checks."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from ops.bundle.scene import Document, Scene
from ops.bundle.wording import facts, moment, table
from ops.deployments.recording import NAME as DEPLOYMENTS
from ops.doctor.check import Examination
from ops.limits.overrides import NAME as OVERRIDES
from ops.limits.table import LIMITS
from ops.security.recording import NAME as EVENTS

SHOWN, MOST, DIGITS = 40, 2000, 12
QUEUED, SENDING, _, DEAD_LETTER = MAIL_STATES = ("queued", "sending", "sent", "dead_letter")
OUTSIDE = ("external", "smtp", "outbox")
# What doctor looks at that could say of stored things that they do not belong together.
STORED = frozenset(
    {"schema", "backup", "counts", "audit", "ledger", "requests", "merchant", "invitations", "recoveries"}
    | {"allowances", "limits", "jwt"}
)


def deployments(scene: Scene) -> str:
    """Return what was started when, the newest first."""
    _, control = scene.databases()
    found = control[DEPLOYMENTS].find({}, sort=[("_id", -1)], limit=SHOWN)
    rows = (
        (
            each["at"],
            each["role"],
            each["host"],
            each["version"],
            (each["commit"] or "-")[:DIGITS],
            each["by"],
        )
        for each in found
    )
    return table(("started", "unit", "host", "version", "commit", "by"), rows, none="no start is recorded")


def migrations(scene: Scene) -> str:
    """Return the migrations that were run last."""
    product, _ = scene.databases()
    found = product["django_migrations"].find({}, sort=[("applied", -1)], limit=SHOWN)
    return table(
        ("run at", "app", "migration"), ((each["applied"], each["app"], each["name"]) for each in found)
    )


def security_events(scene: Scene) -> str:
    """Return what looked like an attack, by type, and about whom."""
    product, _ = scene.databases()
    found = list(product[EVENTS].find({"last_at": {"$gte": scene.since}}, sort=[("last_at", -1)], limit=MOST))
    types, who = Counter[str](), Counter[tuple[str, str]]()
    for each in found:
        types[each["type"]] += each["count"]
        who[each["type"], each["subject"]] += each["count"]
    by_type = table(("times", "type"), ((number, kind) for kind, number in types.most_common()))
    by_who = table(("times", "type", "about"), ((number, *what) for what, number in who.most_common(SHOWN)))
    return f"{by_type}\n\n{by_who}"


def mails(scene: Scene) -> str:
    """Return how many mails are in which state, and since when the oldest waits."""
    product, _ = scene.databases()
    outbox = product["email_outbox"]
    rows = [(each, outbox.count_documents({"status": each}, limit=MOST)) for each in MAIL_STATES]
    due: Document = {"status": {"$in": [QUEUED, SENDING]}, "next_attempt_at": {"$lte": scene.now}}
    first = outbox.find_one(due, {"next_attempt_at": 1}, sort=[("next_attempt_at", 1)])
    waits = moment(first["next_attempt_at"]) if first else "nothing is due"
    return (
        f"{table(('state', f'mails, at most {MOST}'), rows)}\n\n{facts({'the oldest is due since': waits})}"
    )


def mail_faults(scene: Scene) -> str:
    """Return what mails met, by template: those that wait, and those that were given up."""
    product, _ = scene.databases()
    found: Sequence[Document] = list(
        product["email_outbox"].find(
            {"status": {"$in": [QUEUED, DEAD_LETTER]}},
            {"status": 1, "template": 1, "fault": 1},
            sort=[("created_at", -1)],
            limit=MOST,
        )
    )
    met = Counter((each["status"], each["template"], each["fault"]) for each in found if each.get("fault"))
    rows = ((number, *what) for what, number in met.most_common(SHOWN))
    return table(("mails", "state", "template", "fault"), rows, none="no mail met a fault")


def limits(scene: Scene) -> str:
    """Return the limits of all operations as the table has them."""
    scene.need_settings()
    head = facts({"limits are counted": settings.ENABLE_RATE_LIMITS})
    rows = ((each.operation, each.most, f"{each.window} s", each.key) for each in LIMITS.values())
    return f"{head}\n\n{table(('operation', 'calls', 'in', 'counted by'), rows)}"


def overrides(scene: Scene) -> str:
    """Return what staff have set in their place; without their reasons, which are people's words."""
    product, _ = scene.databases()
    rows = (
        (
            each["_id"],
            each["limit"],
            f"{each['window']} s",
            each["until"],
            _is_over(each["until"], scene.now),
            each["by"],
        )
        for each in product[OVERRIDES].find({}, sort=[("_id", 1)], limit=MOST)
    )
    heads = ("operation", "calls", "in", "until", "in force", "by")
    return table(heads, rows, none="no override is stored")


def outside(scene: Scene) -> str:
    """Return what doctor found of services outside of the system."""
    scene.need_settings()
    found = [each for each in scene.examinations() if each.check.name in OUTSIDE]
    said = {"mail server": settings.MAIL_SERVER or "none", "sign-in provider": settings.OIDC_ISSUER or "none"}
    return f"{facts(said)}\n\n{_examined(found)}"


def integrity(scene: Scene) -> str:
    """Return what doctor found of what is stored."""
    return _examined([each for each in scene.examinations() if each.check.name in STORED])


def heartbeats(scene: Scene) -> str:
    """Return when each job and process was seen last, and how it ended."""
    _, control = scene.databases()
    rows = (
        (each["_id"], each.get("ok_at") or each.get("seen_at") or "-", each.get("error") or "-")
        for each in control["heartbeats"].find({}, sort=[("_id", 1)], limit=MOST)
    )
    return table(("job or process", "last well", "error"), rows, none="no heartbeat was ever written")


def section(*numbers: int) -> Any:
    """Return a piece's reader: what doctor found of these sections of the runbook."""
    return lambda scene: _examined(scene.examinations(*numbers))


def _examined(found: Sequence[Examination]) -> str:
    texts = []
    for each in found:
        lines = [f"{each.finding.result.upper()}  {each.check.name}: {each.check.title}"]
        lines += [f"    {line}" for line in each.finding.evidence]
        if each.finding.cause:
            lines.append(f"    cause: {each.finding.cause}")
        texts.append("\n".join(lines))
    return "\n".join(texts) or "no check looks at it"


def _is_over(until: datetime, now: datetime) -> str:
    return "yes" if until > now else "no, it has ended"
