"""Limits and usage as the answers have them."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from families import usage_queries
from families.actions.limiting import Limited
from families.api.limit_bodies import NAMES
from families.rules import limits, usage
from families.rules.limits import Coming, FamilyUse, LimitType, Recommendation, Status
from families.rules.usage import Granularity, Row, Trend
from families.usage_queries import Used
from ops.mongo.collections import Document
from ops.web.json import dumps

FOUNDING = (LimitType.FAMILIES, LimitType.MEMBERSHIPS)


def limits_of(standing: Document, now: datetime, days: Sequence[Row] | None = None) -> dict[str, Any]:
    """Return ``LimitsAnswer``; ``days``: what the figures are made of, if they are wanted."""
    statuses = usage_queries.statuses_of(standing, now)
    by_type = {each.kind: each for each in statuses}
    can_found = not any(by_type[kind].is_at_limit for kind in FOUNDING)
    uses = zip(standing["families"], usage_queries.families_of(standing, now), strict=True)
    answer = _numbers({each.kind: each.allowed for each in statuses}) | {
        "current_families": by_type[LimitType.FAMILIES].current,
        "current_memberships": by_type[LimitType.MEMBERSHIPS].current,
        "can_create_family": can_found,
        "upgrade_required": not can_found,
        "families_usage": [_family(family, use) for family, use in uses],
        "limit_status": [_status(each) for each in statuses],
    }
    return answer if days is None else answer | {"billing_metrics": usage.figures(days)._asdict()}


def etag(standing: Document, answer: Mapping[str, Any]) -> str:
    """Return the tag: how often staff set the limits, which ``If-Match`` compares; then all that is told."""
    digest = hashlib.sha256(dumps(answer)).hexdigest()[:16]
    return f'"{standing["person"].get("limits_version", 0)}.{digest}"'


def changed(user_id: str, limited: Limited, by: str, now: datetime) -> dict[str, Any]:
    """Return ``LimitsChanged``."""
    return {
        "user_id": user_id,
        "previous_limits": _numbers(limited.before),
        "new_limits": _numbers(limited.after),
        "effective_date": limited.effective_at.date().isoformat(),
        "grace_period_expires": limited.ends_at,
        "updated_by": by,
        "updated_at": now,
        "audit_log_id": limited.entry_id,
    }


def enforcement(standing: Document, now: datetime) -> dict[str, Any]:
    """Return ``EnforcementAnswer``."""
    statuses = usage_queries.statuses_of(standing, now)
    families = usage_queries.families_of(standing, now)
    over = [each for each in statuses if each.is_over_limit]
    crowded = [each for each in families if each.too_many]
    full = [each for each in families if not each.left]
    return {
        "user_id": standing["_id"],
        "overall_compliance": not over and not crowded,
        "enforcement_active": bool(full) or any(each.is_at_limit for each in statuses),
        "limit_statuses": [_status(each) for each in statuses],
        "family_validations": [_validation(each) for each in families],
        "grace_periods": [_grace(each, each.coming) for each in statuses if each.coming],
        "compliance_summary": {
            "limits_total": len(statuses),
            "limits_at_limit": sum(each.is_at_limit for each in statuses),
            "limits_over_limit": len(over),
            "families_total": len(families),
            "families_full": len(full),
            "families_over_limit": len(crowded),
        },
        "recommendations": _told(limits.advice(statuses, families)),
        "last_updated": now,
    }


def used(found: Used, granularity: Granularity, now: datetime) -> dict[str, Any]:
    """Return ``UsageAnswer``."""
    rows = usage.gathered(found.days, granularity)
    trend = usage.trend([row.members for row in rows])
    statuses = usage_queries.statuses_of(found.standing, now)
    recommended = limits.advice(statuses) + (limits.about_growth(statuses) if trend == Trend.UP else [])
    return {
        "user_id": found.standing["_id"],
        "period_start": found.period.start.isoformat(),
        "period_end": found.period.end.isoformat(),
        "granularity": str(granularity),
        "usage_data": [_row(each) for each in rows],
        "billing_metrics": usage.figures(found.days)._asdict(),
        "summary": {
            "data_points": len(rows),
            "families_at_start": rows[0].families,
            "families_at_end": rows[-1].families,
            "members_at_start": rows[0].members,
            "members_at_end": rows[-1].members,
            "usage_trend": str(trend),
        },
        "current_limits": _numbers({each.kind: each.allowed for each in statuses}),
        "recommendations": _told(recommended),
    }


def _numbers(numbers: Mapping[LimitType, int]) -> dict[str, Any]:
    return {NAMES[kind]: numbers[kind] for kind in LimitType}


def _status(status: Status) -> dict[str, Any]:
    return {
        "limit_type": str(status.kind),
        "current_usage": status.current,
        "max_allowed": status.allowed,
        "percentage_used": status.percentage,
        "is_at_limit": status.is_at_limit,
        "is_over_limit": status.is_over_limit,
        "grace_period_expires": status.coming.ends_at if status.coming else None,
        "upgrade_required": status.is_at_limit,
    }


def _family(family: Document, use: FamilyUse) -> dict[str, Any]:
    return {
        "family_id": use.family_id,
        "name": use.name,
        "member_count": use.members,
        "pending_invitations": use.pending,
        "max_members_allowed": use.limit,
        "is_admin": use.is_mine,
        "can_add_members": use.left > 0,
        "members_remaining": use.left,
        "created_at": family["created_at"],
        "last_activity": family["last_activity"],
    }


def _validation(use: FamilyUse) -> dict[str, Any]:
    passed = {
        "limit_type": str(LimitType.MEMBERS),
        "current_usage": use.taken,
        "max_allowed": use.limit,
        "over_by": use.too_many,
    }
    return {
        "family_id": use.family_id,
        "family_name": use.name,
        "is_compliant": not use.too_many,
        "current_members": use.members,
        "member_limit": use.limit,
        "violations": [passed] if use.too_many else [],
        "recommended_actions": _told(limits.about_family(use)),
    }


def _grace(status: Status, coming: Coming) -> dict[str, Any]:
    return {
        "limit_type": str(status.kind),
        "current_limit": status.allowed,
        "new_limit": coming.limit,
        "effective_date": coming.effective_at.date().isoformat(),
        "grace_period_expires": coming.ends_at,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "date": row.day.isoformat(),
        "families_count": row.families,
        "total_members": row.members,
        "events": [{"event": str(event), "count": count} for event, count in row.events.items()],
    }


def _told(recommendations: Sequence[Recommendation]) -> list[dict[str, Any]]:
    return [
        {**each._asdict(), "action": str(each.action), "limit_type": str(each.limit_type)}
        for each in recommendations
    ]
