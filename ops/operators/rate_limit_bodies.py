"""Bodies and answers about rate limits. Source: HTTP contract, section 14."""

from typing import Any

from rest_framework import serializers

from ops import clock
from ops.errors import Fault
from ops.limits.endpoints import endpoint_fault
from ops.limits.overriding import LONGEST_WINDOW, MOST_CALLS, until_fault
from ops.limits.table import Key
from ops.web.moments import MESSAGE, moment_of
from ops.web.serializers import StrictInteger, StrictSerializer, Text

LONGEST_ENDPOINT, LONGEST_MOMENT = 300, 64
SHORTEST_REASON, LONGEST_REASON = 5, 500
KEYS = [str(each) for each in Key]


def _fault_of_end(text: str) -> Fault | None:
    """Say why an override cannot end then."""
    moment = moment_of(text)
    return until_fault(moment, clock.now()) if moment else Fault("invalid_format", MESSAGE)


class OverrideBody(StrictSerializer):
    """POST /admin/rate-limits."""

    endpoint = Text(
        min_length=1,
        max_length=LONGEST_ENDPOINT,
        rule=endpoint_fault,
        examples=["/family/create", "POST /family/{family_id}/leave", "family_create"],
        help_text="An operation, a path, or method and path; a path of several operations needs its method.",
    )
    limit = StrictInteger(min_value=1, max_value=MOST_CALLS, help_text="Calls in a window.")
    window = StrictInteger(min_value=1, max_value=LONGEST_WINDOW, help_text="Seconds.")
    until = Text(
        max_length=LONGEST_MOMENT,
        rule=_fault_of_end,
        format="date-time",
        required=False,
        help_text="From then on the table holds again; missing: in 24 hours. At most 30 days away.",
    )
    reason = Text(
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        required=False,
        help_text="Kept in the audit log.",
    )


class LimitRow(serializers.Serializer[Any]):
    """A limit as the table has it; an override of its operation holds instead."""

    operation = serializers.CharField()
    limit = serializers.IntegerField(help_text="Calls in a window.")
    window = serializers.IntegerField(help_text="Seconds.")
    key = serializers.ChoiceField(choices=KEYS, help_text="By what calls are counted.")


class OverrideRow(serializers.Serializer[Any]):
    """What holds for an operation in place of the table's limit."""

    operation = serializers.CharField()
    endpoint = serializers.CharField(help_text="The word by which it was set.")
    limit = serializers.IntegerField()
    window = serializers.IntegerField()
    until = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class CounterRow(serializers.Serializer[Any]):
    """How often a user did something in a window."""

    operation = serializers.CharField()
    count = serializers.IntegerField(help_text="Calls, refused ones included.")
    limit = serializers.IntegerField(allow_null=True, help_text="What holds now; null: no such operation.")
    window_ends_at = serializers.DateTimeField()
    ttl = serializers.IntegerField(allow_null=True, help_text="Seconds that it is kept; null: for ever.")


class RateLimitsAnswer(serializers.Serializer[Any]):
    """The table, what holds instead, and of a user what is used up."""

    operations = LimitRow(many=True)
    overrides = OverrideRow(many=True)
    counters = CounterRow(many=True, required=False, help_text="With user_id.")


class OverrideAnswer(serializers.Serializer[Any]):
    """An override that was set."""

    endpoint = serializers.CharField()
    operations = serializers.ListField(child=serializers.CharField(), help_text="Whose limit it is.")
    limit = serializers.IntegerField()
    window = serializers.IntegerField()
    until = serializers.DateTimeField()
    by = serializers.CharField()


class LimitsRemoved(serializers.Serializer[Any]):
    """What went."""

    removed = serializers.IntegerField(help_text="Overrides, or counters.")
