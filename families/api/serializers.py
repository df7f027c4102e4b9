"""Bodies and answers of families. Source: HTTP contract, section 4."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from families import rules
from ops.errors import FieldFault
from ops.web.schema import OkAnswer
from ops.web.serializers import Choice, StrictBoolean, StrictInteger, StrictSerializer, Text
from tokens.api.bodies import PeriodLimit

SHORTEST_NAME, LONGEST_NAME = rules.NAME_LENGTH
FEWEST_HOURS, MOST_HOURS = rules.REQUEST_HOURS
ZONE_LENGTH = 64


class CreateBody(StrictSerializer):
    """POST /family/create."""

    name = Text(
        min_length=SHORTEST_NAME,
        max_length=LONGEST_NAME,
        rule=rules.name_fault,
        examples=["The Otters"],
        required=False,
        allow_null=True,
        help_text="Missing or null: made of the founder's username.",
    )


class SettingsBody(StrictSerializer):
    """What can be set; what is not sent stays."""

    allow_member_invites = StrictBoolean(required=False)
    visibility = Choice(choices=["private"], required=False)
    timezone = Text(
        min_length=1,
        max_length=ZONE_LENGTH,
        rule=rules.timezone_fault,
        examples=["Europe/Lisbon"],
        required=False,
        help_text="IANA name.",
    )
    auto_approval_threshold = StrictInteger(min_value=0, max_value=rules.MOST_THRESHOLD, required=False)
    auto_approval_daily_cap = StrictInteger(min_value=0, max_value=rules.MOST_THRESHOLD, required=False)
    request_expiry_hours = StrictInteger(min_value=FEWEST_HOURS, max_value=MOST_HOURS, required=False)


class NotificationSettingsBody(StrictSerializer):
    """Which money notices the family wants; what is not sent stays."""

    notify_on_spend = StrictBoolean(required=False)
    notify_on_deposit = StrictBoolean(required=False)
    large_transaction_threshold = StrictInteger(min_value=1, max_value=rules.MOST_TOKENS, required=False)
    notify_admins_only = StrictBoolean(required=False)


class ChangeBody(StrictSerializer):
    """PUT /family/{family_id}: at least one of the three."""

    constraints = {"minProperties": 1}

    name = Text(
        min_length=SHORTEST_NAME,
        max_length=LONGEST_NAME,
        rule=rules.name_fault,
        examples=["The Otters"],
        required=False,
    )
    settings = SettingsBody(required=False)
    notification_settings = NotificationSettingsBody(required=False)

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Want something to change."""
        if sent.keys() & self.fields.keys():
            return []
        return [FieldFault("body", "required", "Send at least one of name, settings, notification_settings.")]


class UsageStats(serializers.Serializer[Any]):
    """How full a family is."""

    current_members = serializers.IntegerField()
    max_members_allowed = serializers.IntegerField()
    pending_invitations = serializers.IntegerField()
    can_add_members = serializers.BooleanField()


class SpendingPermissions(serializers.Serializer[Any]):
    """A holder's rights on the account."""

    role = serializers.ChoiceField(choices=["manager", "spender", "viewer"])
    can_spend = serializers.BooleanField()
    spending_limit = serializers.IntegerField(help_text="Tokens; -1: unlimited.")
    period_limit = PeriodLimit(allow_null=True)
    updated_by = serializers.CharField()
    updated_at = serializers.DateTimeField()


class AccountSummary(serializers.Serializer[Any]):
    """The family's account with the caller's own rights."""

    account_username = serializers.CharField()
    balance = serializers.IntegerField()
    is_frozen = serializers.BooleanField()
    frozen_by = serializers.CharField(allow_null=True)
    can_spend = serializers.BooleanField()
    spending_limit = serializers.IntegerField(help_text="Tokens; -1: unlimited.")


class AccountDetail(AccountSummary):
    """The account with everybody's rights, by user id."""

    spending_permissions = serializers.DictField(child=SpendingPermissions())


class FamilyAnswer(serializers.Serializer[Any]):
    """A family as one of its members sees it."""

    family_id = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["active", "dissolved"])
    is_active = serializers.BooleanField()
    admin_user_ids = serializers.ListField(child=serializers.CharField())
    member_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    is_admin = serializers.BooleanField()
    user_role = serializers.ChoiceField(choices=["admin", "member"])
    is_backup_admin = serializers.BooleanField()
    usage_stats = UsageStats()
    sbd_account = AccountSummary()


class SettingsAnswer(serializers.Serializer[Any]):
    """All settings, defaults included."""

    allow_member_invites = serializers.BooleanField()
    visibility = serializers.ChoiceField(choices=["private"])
    timezone = serializers.CharField()
    auto_approval_threshold = serializers.IntegerField()
    auto_approval_daily_cap = serializers.IntegerField()
    request_expiry_hours = serializers.IntegerField()


class NotificationSettingsAnswer(serializers.Serializer[Any]):
    """All notification settings, defaults included."""

    notify_on_spend = serializers.BooleanField()
    notify_on_deposit = serializers.BooleanField()
    large_transaction_threshold = serializers.IntegerField()
    notify_admins_only = serializers.BooleanField()


class SuccessionPlan(serializers.Serializer[Any]):
    """Who takes over, in this order."""

    backup_admins = serializers.ListField(child=serializers.CharField())


class FamilyDetail(FamilyAnswer):
    """The single read."""

    settings = SettingsAnswer()
    notification_settings = NotificationSettingsAnswer()
    succession_plan = SuccessionPlan()
    sbd_account = AccountDetail()


class FamilyChanged(OkAnswer, FamilyDetail):
    """The family after a change; ``status`` is that of the call, ``is_active`` tells the family's."""

    status = serializers.ChoiceField(choices=["success"])
    updated_fields = serializers.ListField(child=serializers.CharField(), help_text="Dotted paths.")
