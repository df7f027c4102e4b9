"""Bodies and answers about a family's account. Source: HTTP contract, section 8."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from families.api.serializers import NotificationSettingsAnswer, SpendingPermissions
from ops.errors import FieldFault
from ops.web.cursors import PageAnswer
from ops.web.schema import OkAnswer
from ops.web.serializers import Choice, StrictBoolean, StrictInteger, StrictSerializer, Text
from tokens.api.bodies import (
    ID_LENGTH,
    LONGEST_NOTE,
    PERIODS,
    ROLES,
    STATES,
    EntryAnswer,
    PeriodLimit,
    tokens_to_move,
)
from tokens.rules import MOST_TOKENS, UNLIMITED

FREEZE, UNFREEZE = "freeze", "unfreeze"
VIEWER, SPENDER = "viewer", "spender"


class PeriodLimitBody(StrictSerializer):
    """Most tokens of a period."""

    period = Choice(choices=PERIODS)
    limit = StrictInteger(min_value=UNLIMITED, max_value=MOST_TOKENS, help_text="-1: unlimited, 0: none.")


class RightsBody(StrictSerializer):
    """PUT /family/{family_id}/spending-permissions/{user_id}."""

    can_spend = StrictBoolean()
    spending_limit = StrictInteger(
        min_value=UNLIMITED, max_value=MOST_TOKENS, help_text="Most tokens at once; -1: unlimited, 0: none."
    )
    role = Choice(choices=[SPENDER, VIEWER], required=False, help_text="Follows from `can_spend`.")
    period_limit = PeriodLimitBody(
        required=False, allow_null=True, help_text="Null: none; missing: stays as it is."
    )

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Refuse a role that says something else than ``can_spend``."""
        role, may = sent.get("role"), sent.get("can_spend")
        if not isinstance(may, bool) or role not in (VIEWER, SPENDER) or (role == SPENDER) == may:
            return []
        return [FieldFault("role", "not_allowed", "A spender can spend, a viewer cannot.")]


class PermissionsBody(RightsBody):
    """PUT /family/{family_id}/sbd-account/permissions."""

    user_id = Text(min_length=1, max_length=ID_LENGTH)


class FreezeBody(StrictSerializer):
    """POST /family/{family_id}/sbd-account/freeze: ``action`` or ``freeze``."""

    constraints = {"minProperties": 1}

    action = Choice(choices=[FREEZE, UNFREEZE], required=False)
    freeze = StrictBoolean(required=False, help_text="Older form of `action`.")
    reason = Text(min_length=1, max_length=LONGEST_NOTE, required=False, help_text="Must be told to freeze.")

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Want one of both, or the same of both."""
        if not sent.keys() & {"action", "freeze"}:
            return [FieldFault("action", "required", "Send freeze or unfreeze.")]
        action, freeze = sent.get("action"), sent.get("freeze")
        if not isinstance(freeze, bool) or action not in (FREEZE, UNFREEZE) or (action == FREEZE) == freeze:
            return []
        return [FieldFault("freeze", "not_allowed", "action and freeze say different things.")]


class AmountBody(StrictSerializer):
    """POST /family/{family_id}/sbd-account/validate-spending: here, or as a query parameter."""

    amount = tokens_to_move(required=False)


class TransferBody(StrictSerializer):
    """POST /family/{family_id}/sbd-account/transfer."""

    recipient_identifier = Text(min_length=1, max_length=ID_LENGTH)
    recipient_type = Choice(
        choices=["user", "username"], default="user", help_text="`user`: an id, else a username."
    )
    amount = tokens_to_move()
    reason = Text(max_length=LONGEST_NOTE, required=False)


class ContributeBody(StrictSerializer):
    """POST /family/{family_id}/sbd-account/contribute."""

    amount = tokens_to_move()
    note = Text(max_length=LONGEST_NOTE, required=False)


class AccountAnswer(serializers.Serializer[Any]):
    """A family's account."""

    account_id = serializers.CharField()
    account_username = serializers.CharField()
    account_name = serializers.CharField(help_text="The same.")
    currency = serializers.ChoiceField(choices=["SBD"])
    status = serializers.ChoiceField(choices=STATES)
    balance = serializers.IntegerField()
    is_frozen = serializers.BooleanField()
    frozen_by = serializers.CharField(allow_null=True)
    frozen_at = serializers.DateTimeField(allow_null=True)
    freeze_reason = serializers.CharField(allow_null=True)
    spending_permissions = serializers.DictField(child=SpendingPermissions())
    member_permissions = serializers.DictField(
        child=SpendingPermissions(), help_text="Older name of the same."
    )
    notification_settings = NotificationSettingsAnswer()
    recent_transactions = EntryAnswer(many=True)
    as_of = serializers.DateTimeField()


class AccountChanged(OkAnswer, AccountAnswer):
    """The account after a change; ``status`` is that of the call, ``is_frozen`` tells the account's."""

    status = serializers.ChoiceField(choices=["success"])
    updated_permissions = SpendingPermissions()


class PermissionsChanged(OkAnswer):
    """What a holder may now."""

    new_permissions = SpendingPermissions()


class HolderAnswer(serializers.Serializer[Any]):
    """A holder of the account."""

    user_id = serializers.CharField()
    username = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    can_spend = serializers.BooleanField()
    spending_limit = serializers.IntegerField(help_text="Tokens; -1: unlimited.")
    period_limit = PeriodLimit(allow_null=True)
    period_spent = serializers.IntegerField(help_text="Of the running period; 0 where none is kept.")


class AccountStatus(serializers.Serializer[Any]):
    """Whether tokens can be spent."""

    status = serializers.ChoiceField(choices=STATES)
    is_frozen = serializers.BooleanField()
    frozen_by = serializers.CharField(allow_null=True)
    frozen_at = serializers.DateTimeField(allow_null=True)
    freeze_reason = serializers.CharField(allow_null=True)


class FreezeData(serializers.Serializer[Any]):
    """What was done."""

    action = serializers.ChoiceField(choices=["frozen", "unfrozen"])
    frozen_by = serializers.CharField(allow_null=True)
    frozen_by_username = serializers.CharField(allow_null=True)
    frozen_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    account_status = AccountStatus()


class FreezeAnswer(OkAnswer, FreezeData):
    """The account was frozen, or opened again."""

    data = FreezeData(help_text="The same.")  # type: ignore[assignment]  # a field; DRF takes it out of the class


class AvailableData(serializers.Serializer[Any]):
    """What the caller could spend at once."""

    family_id = serializers.CharField()
    account_username = serializers.CharField()
    account_name = serializers.CharField(help_text="The same.")
    total_balance = serializers.IntegerField()
    available_balance = serializers.IntegerField()
    is_frozen = serializers.BooleanField()
    can_spend = serializers.BooleanField()
    spending_limit = serializers.IntegerField(help_text="Tokens; -1: unlimited.")
    pending_requests_count = serializers.IntegerField(
        help_text="For tokens and purchases: an admin's family's, of others their own."
    )
    reason = serializers.CharField(
        allow_null=True,
        help_text="Why nothing is available, as a spend would be refused; null: something is.",
    )
    last_updated = serializers.DateTimeField(help_text="Of the last change or payment.")


class AvailableAnswer(serializers.Serializer[Any]):
    """The balance, and how much of it the caller could spend."""

    status = serializers.ChoiceField(choices=["success"])
    balance = serializers.IntegerField(help_text="All that is on the account.")
    data = AvailableData()  # type: ignore[assignment]  # a field; DRF takes it out of the class


class Recipient(serializers.Serializer[Any]):
    """Who got the tokens."""

    user_id = serializers.CharField()
    username = serializers.CharField()


class TransferData(serializers.Serializer[Any]):
    """A transfer."""

    transaction_id = serializers.CharField()
    amount = serializers.IntegerField()
    recipient = Recipient()
    reason = serializers.CharField(allow_null=True)
    transferred_at = serializers.DateTimeField()
    balance_after = serializers.IntegerField(help_text="Of the family's account.")


class TransferAnswer(OkAnswer):
    """Tokens of the family went to somebody."""

    data = TransferData()  # type: ignore[assignment]  # a field; DRF takes it out of the class


class ContributionAnswer(serializers.Serializer[Any]):
    """Tokens of the caller went to the family."""

    transaction_id = serializers.CharField()
    amount = serializers.IntegerField()
    balance_after = serializers.IntegerField(help_text="Of the family's account.")
    personal_balance_after = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class StatementPage(PageAnswer):
    """The account's statement, newest first."""

    family_id = serializers.CharField()
    account_username = serializers.CharField()
    current_balance = serializers.IntegerField(help_text="At the moment `as_of`.")
    as_of = serializers.DateTimeField()
    results = EntryAnswer(many=True)
