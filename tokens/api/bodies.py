"""Bodies and answers about tokens. Source: HTTP contract, section 8."""

from typing import Any

from rest_framework import serializers

from ops.web.cursors import PageAnswer
from ops.web.replays import key_fault
from ops.web.schema import OkAnswer
from ops.web.serializers import StrictInteger, StrictSerializer, Text
from tokens.rules import MOST_TOKENS, AccountStatus, HolderRole, Kind
from tokens.rules.spending import Period

ID_LENGTH = 64
NAME_LENGTH = 64
LONGEST_NOTE = 500
SHORTEST_KEY, LONGEST_KEY = 8, 128
KINDS = [str(each) for each in Kind]
PERIODS = [str(each) for each in Period]
ROLES = [str(each) for each in HolderRole]
STATES = [str(each) for each in AccountStatus]


def tokens_to_move(*, required: bool = True) -> StrictInteger:
    """Return the field of an amount."""
    return StrictInteger(min_value=1, max_value=MOST_TOKENS, required=required, help_text="Whole tokens.")


class SendBody(StrictSerializer):
    """POST /sbd_tokens/send."""

    to_user = Text(
        min_length=1,
        max_length=NAME_LENGTH,
        help_text="A username, or a family's account that the caller holds.",
    )
    amount = tokens_to_move()
    note = Text(max_length=LONGEST_NOTE, required=False)
    from_account = Text(
        min_length=1,
        max_length=NAME_LENGTH,
        required=False,
        help_text="Name of an account that the caller may spend of; missing: their own.",
    )
    transaction_id = Text(
        min_length=SHORTEST_KEY,
        max_length=LONGEST_KEY,
        trim=False,
        rule=key_fault,
        examples=["key-of-one-intent"],
        required=False,
        help_text="Older form of the header Idempotency-Key.",
    )


class NoteBody(StrictSerializer):
    """PATCH /sbd_tokens/transaction/note."""

    transaction_id = Text(min_length=1, max_length=ID_LENGTH)
    note = Text(max_length=LONGEST_NOTE)


class ValidateBody(StrictSerializer):
    """POST /family/validate-spending."""

    account_username = Text(min_length=1, max_length=NAME_LENGTH)
    user_id = Text(min_length=1, max_length=ID_LENGTH)
    amount = tokens_to_move()


class PeriodLimit(serializers.Serializer[Any]):
    """Most tokens of all spends of a period together."""

    period = serializers.ChoiceField(choices=PERIODS)
    limit = serializers.IntegerField(help_text="Tokens; -1: unlimited.")


class OwnAccountAnswer(serializers.Serializer[Any]):
    """The caller's own account."""

    username = serializers.CharField()
    account_username = serializers.CharField()
    sbd_tokens = serializers.IntegerField(help_text="The balance.")
    is_frozen = serializers.BooleanField()
    as_of = serializers.DateTimeField()


class SentAnswer(OkAnswer):
    """Tokens were sent."""

    from_user = serializers.CharField(help_text="Name of the account that paid.")
    to_user = serializers.CharField()
    amount = serializers.IntegerField()
    transaction_id = serializers.CharField()
    balance_after = serializers.IntegerField(help_text="Of the account that paid.")


class NoteAnswer(OkAnswer):
    """The caller's note of a transaction."""

    transaction_id = serializers.CharField()
    note = serializers.CharField()


class UserPermissions(serializers.Serializer[Any]):
    """What somebody may spend of an account."""

    role = serializers.ChoiceField(choices=ROLES, allow_null=True, help_text="Null: they do not hold it.")
    can_spend = serializers.BooleanField()
    spending_limit = serializers.IntegerField(help_text="Tokens; -1: unlimited.")
    period_limit = PeriodLimit(allow_null=True)


class ValidatedAccount(serializers.Serializer[Any]):
    """How the account is."""

    is_frozen = serializers.BooleanField()
    current_balance = serializers.IntegerField(
        allow_null=True, help_text="Null: the caller may not see balances of it."
    )


class ValidationData(serializers.Serializer[Any]):
    """What a spend would meet now."""

    can_spend = serializers.BooleanField()
    amount = serializers.IntegerField()
    family_id = serializers.CharField(allow_null=True, help_text="Null: it is no family's account.")
    account_username = serializers.CharField()
    user_permissions = UserPermissions()
    account_status = ValidatedAccount()
    reasons = serializers.ListField(
        child=serializers.DictField(), help_text="All that is asked, in this order, and how it is answered."
    )
    denial_reason = serializers.CharField(required=False, help_text="The code that the spend would give.")
    denial_message = serializers.CharField(required=False)


class ValidationAnswer(serializers.Serializer[Any]):
    """Whether somebody could spend so much now; only the spend decides."""

    status = serializers.ChoiceField(choices=["success"])
    valid = serializers.BooleanField()
    data = ValidationData()  # type: ignore[assignment]  # a field; DRF takes it out of the class


class EntryActor(serializers.Serializer[Any]):
    """Who moved the tokens."""

    user_id = serializers.CharField(allow_null=True, help_text="Null: staff or the system did.")
    username = serializers.CharField()


class Related(serializers.Serializer[Any]):
    """What was paid for, or undone."""

    type = serializers.CharField()
    id = serializers.CharField()


class EntryAnswer(serializers.Serializer[Any]):
    """A line of a statement."""

    transaction_id = serializers.CharField()
    type = serializers.ChoiceField(choices=KINDS)
    direction = serializers.ChoiceField(choices=["debit", "credit"])
    amount = serializers.IntegerField()
    balance_after = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Numbers the account's entries, without gaps.")
    from_user = serializers.CharField()
    to_user = serializers.CharField()
    timestamp = serializers.DateTimeField()
    note = serializers.CharField(allow_null=True)
    actor = EntryActor()
    related = Related(allow_null=True)


class OwnStatementPage(PageAnswer):
    """The caller's statement, newest first."""

    username = serializers.CharField()
    current_balance = serializers.IntegerField(help_text="At the moment `as_of`.")
    as_of = serializers.DateTimeField()
    results = EntryAnswer(many=True)
