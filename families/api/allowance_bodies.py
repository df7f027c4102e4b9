"""Bodies and answers about allowances. Source: HTTP contract, section 15."""

from typing import Any

from rest_framework import serializers

from ops.web.serializers import Choice, StrictBoolean, StrictSerializer, Text
from tokens.api.bodies import ID_LENGTH, tokens_to_move
from tokens.rules.allowances import Frequency

FREQUENCIES = [str(each) for each in Frequency]


class AllowanceBody(StrictSerializer):
    """POST /family/{family_id}/allowances."""

    recipient_id = Text(min_length=1, max_length=ID_LENGTH, help_text="Id of a member.")
    amount = tokens_to_move()
    frequency = Choice(
        choices=FREQUENCIES,
        help_text="Paid for the first time a whole day, week or month on; in a month that is too short for "
        "the day on which it was made, on its last.",
    )
    active = StrictBoolean(default=True, help_text="False: nothing is paid until it is active.")


class AllowanceChangeBody(StrictSerializer):
    """PUT /family/{family_id}/allowances/{schedule_id}: what is not sent stays."""

    recipient_id = Text(min_length=1, max_length=ID_LENGTH, required=False, help_text="Id of a member.")
    amount = tokens_to_move(required=False)
    frequency = Choice(
        choices=FREQUENCIES, required=False, help_text="Another one begins anew with this day."
    )
    active = StrictBoolean(required=False)


class AllowanceAnswer(serializers.Serializer[Any]):
    """A standing payment to a member."""

    schedule_id = serializers.CharField()
    family_id = serializers.CharField()
    recipient_id = serializers.CharField()
    recipient_name = serializers.CharField()
    amount = serializers.IntegerField()
    frequency = serializers.ChoiceField(choices=FREQUENCIES)
    active = serializers.BooleanField()
    last_distributed = serializers.DateTimeField(allow_null=True)
    next_distribution = serializers.DateTimeField(
        allow_null=True, help_text="When the next period begins; what is due already is tried. Null: paused."
    )
    created_by = serializers.CharField()
    created_by_name = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
