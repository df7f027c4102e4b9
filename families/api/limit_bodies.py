"""Bodies and answers about limits and usage. Source: HTTP contract, section 7."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from families.rules import dates
from families.rules.limits import Advice, LimitType
from families.rules.usage import Event, Granularity, Trend
from ops.errors import FieldFault
from ops.web.serializers import StrictInteger, StrictSerializer, Text

ID_LENGTH = 64
SHORTEST_REASON, LONGEST_REASON = 5, 500
LONGEST_GRACE = 365
LIMITS = ("max_families_allowed", "max_memberships_allowed", "max_members_per_family")
# What the bodies call each limit.
NAMES: Mapping[LimitType, str] = dict(zip(LimitType, LIMITS, strict=True))
TYPES = [str(each) for each in LimitType]


class LimitsBody(StrictSerializer):
    """PUT /family/limits: at least one of the three limits."""

    constraints = {"anyOf": [{"required": [each]} for each in LIMITS]}

    user_id = Text(min_length=1, max_length=ID_LENGTH)
    max_families_allowed = StrictInteger(min_value=0, max_value=100, required=False)
    max_memberships_allowed = StrictInteger(min_value=0, max_value=1000, required=False)
    max_members_per_family = StrictInteger(
        min_value=1, max_value=500, required=False, help_text="Also of all families that they founded."
    )
    reason = Text(min_length=SHORTEST_REASON, max_length=LONGEST_REASON, help_text="Kept in the audit log.")
    effective_date = Text(
        max_length=dates.LENGTH,
        rule=dates.date_fault,
        examples=["2026-12-01"],
        required=False,
        help_text="The grace begins with this day (UTC); missing: now.",
    )
    grace_period_days = StrictInteger(
        min_value=0, max_value=LONGEST_GRACE, default=0, help_text="Until its end the old numbers hold."
    )

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Want something to change."""
        if sent.keys() & set(LIMITS):
            return []
        return [FieldFault("body", "required", f"Send at least one of {', '.join(LIMITS)}.")]


class LimitNumbers(serializers.Serializer[Any]):
    """The three limits."""

    max_families_allowed = serializers.IntegerField(help_text="Families founded and still belonged to.")
    max_memberships_allowed = serializers.IntegerField()
    max_members_per_family = serializers.IntegerField(help_text="Pending invitations included.")


class LimitStatus(serializers.Serializer[Any]):
    """How much of a limit is in use; of ``members_per_family`` in the fullest family that they founded."""

    limit_type = serializers.ChoiceField(choices=TYPES)
    current_usage = serializers.IntegerField()
    max_allowed = serializers.IntegerField()
    percentage_used = serializers.FloatField(help_text="Of a limit of 0 all is used.")
    is_at_limit = serializers.BooleanField()
    is_over_limit = serializers.BooleanField()
    grace_period_expires = serializers.DateTimeField(
        allow_null=True, help_text="From then on another number holds; null: none was set."
    )
    upgrade_required = serializers.BooleanField(help_text="Nothing can be added.")


class FamilyUsage(serializers.Serializer[Any]):
    """How full a family is."""

    family_id = serializers.CharField()
    name = serializers.CharField()
    member_count = serializers.IntegerField()
    pending_invitations = serializers.IntegerField()
    max_members_allowed = serializers.IntegerField()
    is_admin = serializers.BooleanField()
    can_add_members = serializers.BooleanField()
    members_remaining = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    last_activity = serializers.DateTimeField(help_text="Of the last change that concerned the family.")


class BillingMetrics(serializers.Serializer[Any]):
    """Figures of the days of a period."""

    peak_families = serializers.IntegerField()
    peak_members_total = serializers.IntegerField()
    average_families = serializers.FloatField()
    average_members_total = serializers.FloatField()
    family_creation_events = serializers.IntegerField()
    member_addition_events = serializers.IntegerField()


class LimitsAnswer(LimitNumbers):
    """What somebody may have, and has."""

    current_families = serializers.IntegerField()
    current_memberships = serializers.IntegerField()
    can_create_family = serializers.BooleanField()
    upgrade_required = serializers.BooleanField(help_text="No family can be founded.")
    families_usage = FamilyUsage(many=True)
    limit_status = LimitStatus(many=True)
    billing_metrics = BillingMetrics(required=False, help_text="Of the last 30 days.")


class LimitsChanged(serializers.Serializer[Any]):
    """Numbers that were set."""

    user_id = serializers.CharField()
    previous_limits = LimitNumbers()
    new_limits = LimitNumbers(help_text="They hold once the grace is over.")
    effective_date = serializers.DateField()
    grace_period_expires = serializers.DateTimeField(
        allow_null=True, help_text="Until then the previous limits hold; null: the new ones hold now."
    )
    updated_by = serializers.CharField()
    updated_at = serializers.DateTimeField()
    audit_log_id = serializers.CharField()


class Recommended(serializers.Serializer[Any]):
    """What there is to do about a limit, and why."""

    action = serializers.ChoiceField(choices=[str(each) for each in Advice])
    limit_type = serializers.ChoiceField(choices=TYPES)
    family_id = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class Violation(serializers.Serializer[Any]):
    """A limit that a family is over; what was there before it was lowered stays."""

    limit_type = serializers.ChoiceField(choices=TYPES)
    current_usage = serializers.IntegerField(help_text="Members and pending invitations.")
    max_allowed = serializers.IntegerField()
    over_by = serializers.IntegerField()


class FamilyValidation(serializers.Serializer[Any]):
    """Whether a family is within its limit."""

    family_id = serializers.CharField()
    family_name = serializers.CharField()
    is_compliant = serializers.BooleanField()
    current_members = serializers.IntegerField()
    member_limit = serializers.IntegerField()
    violations = Violation(many=True)
    recommended_actions = Recommended(many=True, help_text="For its admins.")


class GracePeriod(serializers.Serializer[Any]):
    """A number that is still to come."""

    limit_type = serializers.ChoiceField(choices=TYPES)
    current_limit = serializers.IntegerField()
    new_limit = serializers.IntegerField()
    effective_date = serializers.DateField()
    grace_period_expires = serializers.DateTimeField()


class ComplianceSummary(serializers.Serializer[Any]):
    """How many limits and families are within bounds, full, and over."""

    limits_total = serializers.IntegerField()
    limits_at_limit = serializers.IntegerField()
    limits_over_limit = serializers.IntegerField()
    families_total = serializers.IntegerField()
    families_full = serializers.IntegerField()
    families_over_limit = serializers.IntegerField()


class EnforcementAnswer(serializers.Serializer[Any]):
    """Which limits hold somebody back."""

    user_id = serializers.CharField()
    overall_compliance = serializers.BooleanField(help_text="No limit is passed.")
    enforcement_active = serializers.BooleanField(help_text="A limit keeps something from being added now.")
    limit_statuses = LimitStatus(many=True)
    family_validations = FamilyValidation(many=True)
    grace_periods = GracePeriod(many=True)
    compliance_summary = ComplianceSummary()
    recommendations = Recommended(many=True)
    last_updated = serializers.DateTimeField(help_text="The moment that all of this is told of.")


class UsageEvent(serializers.Serializer[Any]):
    """What happened, how often, in families that the person was in by then."""

    event = serializers.ChoiceField(choices=[str(each) for each in Event])
    count = serializers.IntegerField()


class UsageRow(serializers.Serializer[Any]):
    """A day, week or month: how it was at its end, and what happened in it."""

    date = serializers.DateField(help_text="Its first day; a week begins on Monday.")
    families_count = serializers.IntegerField()
    total_members = serializers.IntegerField(help_text="Of all these families together.")
    events = UsageEvent(many=True)


class UsageSummary(serializers.Serializer[Any]):
    """From the first row to the last."""

    data_points = serializers.IntegerField()
    families_at_start = serializers.IntegerField()
    families_at_end = serializers.IntegerField()
    members_at_start = serializers.IntegerField()
    members_at_end = serializers.IntegerField()
    usage_trend = serializers.ChoiceField(
        choices=[str(each) for each in Trend], help_text="Of the members, between the halves of the period."
    )


class UsageAnswer(serializers.Serializer[Any]):
    """What somebody used in a period."""

    user_id = serializers.CharField()
    period_start = serializers.DateField()
    period_end = serializers.DateField(help_text="Today at the latest.")
    granularity = serializers.ChoiceField(choices=[str(each) for each in Granularity])
    usage_data = UsageRow(many=True)
    billing_metrics = BillingMetrics()
    summary = UsageSummary()
    current_limits = LimitNumbers()
    recommendations = Recommended(many=True)
