"""doctor:counts (runbook R085 to R087, R093): how much there is, beside how much the last backup held."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts

# As the runbook names and counts them.
TOLD = ("families", "users", "family_relationships", "family_invitations")
# Of these nothing goes away by itself.
KEPT = ("families", "users", "family_relationships", "sbd_accounts", "sbd_transactions", "audit_log")
INVITATIONS = "family_invitations"
MOST_COUNTED = 100_000
SHARE, NUMBER = 0.2, 20


class Before(NamedTuple):
    """What the last backup held, by collection, when that was, and where it is."""

    counts: Mapping[str, int]
    at: datetime
    where: str


class Now(NamedTuple):
    """What there is: documents by collection, and of pending invitations those that are past their end."""

    counts: Mapping[str, int]
    pending: int
    overdue: int


def look(where: Whereabouts) -> Finding:
    """Count, and compare."""
    found = ask(where, lambda: (_now(), _before()))
    return found if isinstance(found, Finding) else judged(*found)


def judged(now: Now, before: Before | None) -> Finding:
    """Say what the numbers mean."""
    told = ", ".join(f"{now.counts[name]:,} {name}{_beside(name, before)}" for name in TOLD)
    invitations = (
        f"{now.pending} invitations pending: {now.pending - now.overdue} open, {now.overdue} overdue"
    )
    if before is None:
        return Finding(Result.OK, (f"{told}; {invitations}; no backup to compare with",))
    evidence = f"{told} (before: backup of {before.at:%Y-%m-%d %H:%M} UTC); {invitations}"
    fallen = [
        f"{name} fell from {before.counts[name]:,} to {now.counts[name]:,}"
        for name in KEPT
        if _has_fallen(before.counts.get(name, 0), now.counts[name])
    ]
    if not fallen:
        return Finding(Result.OK, (evidence,))
    cause = "documents were deleted past the product, or an older state was restored"
    again = f".venv/bin/python manage.py restore --from {before.where}"
    return Finding(Result.DEGRADED, (*fallen, evidence), cause, again)


def _has_fallen(before: int, now: int) -> bool:
    return before - now > max(NUMBER, SHARE * before)


def _beside(name: str, before: Before | None) -> str:
    return f" (before {before.counts[name]:,})" if before and name in before.counts else ""


def _now() -> Now:
    from ops.mongo.collections import collection  # noqa: PLC0415  # only when Django is set up

    names = dict.fromkeys((*TOLD, *KEPT))
    counts = {name: int(collection(name).raw.estimated_document_count()) for name in names}
    invitations = collection(INVITATIONS).raw
    pending = {"status": "pending"}
    overdue = {**pending, "expires_at": {"$lte": clock.now()}}
    return Now(
        counts,
        invitations.count_documents(pending, limit=MOST_COUNTED),
        invitations.count_documents(overdue, limit=MOST_COUNTED),
    )


def _before() -> Before | None:
    """Return what the newest backup of this installation held, as its manifest says."""
    from django.conf import settings  # noqa: PLC0415  # only when Django is set up

    from ops.backup import manifest  # noqa: PLC0415  # likewise
    from ops.backup.errors import DamagedError  # noqa: PLC0415  # likewise
    from ops.backup.places import Places  # noqa: PLC0415  # likewise

    latest = Places(settings.BACKUP_DIR.resolve()).latest
    try:
        held = manifest.read(latest)
    except DamagedError:  # that it is missing, the check of backups tells
        return None
    counts = {name: part.documents for name, part in held.collections.items()}
    return Before(counts, held.as_of, str(latest))
