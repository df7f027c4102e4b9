"""Bodies and answers about the rules of access. Source: HTTP contract, section 14."""

from typing import Any

from rest_framework import serializers

from ops.errors import Fault
from ops.guarding import AccessList, RuleKind
from ops.web.cursors import PageAnswer
from ops.web.moments import MESSAGE, moment_of
from ops.web.serializers import Choice, StrictSerializer, Text

LONGEST_VALUE, LONGEST_MOMENT = 254, 64
SHORTEST_REASON, LONGEST_REASON = 5, 500
LISTS, KINDS = [str(each) for each in AccessList], [str(each) for each in RuleKind]


def _fault_of_end(text: str) -> Fault | None:
    return None if moment_of(text) else Fault("invalid_format", MESSAGE)


class RuleBody(StrictSerializer):
    """POST /admin/blocklist, /admin/allowlist."""

    kind = Choice(choices=KINDS)
    value = Text(
        min_length=1,
        max_length=LONGEST_VALUE,
        examples=["203.0.113.7", "203.0.113.0/24", "2001:db8::/32", "robin@example.com", "robin"],
        help_text="An address, a network as 203.0.113.0/24, an e-mail address, or id or name of a user.",
    )
    until = Text(
        max_length=LONGEST_MOMENT,
        rule=_fault_of_end,
        format="date-time",
        required=False,
        allow_null=True,
        help_text="From then on the rule holds no more; missing or null: it holds until it is removed.",
    )
    reason = Text(min_length=SHORTEST_REASON, max_length=LONGEST_REASON, help_text="Kept in the audit log.")


class RuleAnswer(serializers.Serializer[Any]):
    """A rule."""

    rule_id = serializers.CharField()
    list = serializers.ChoiceField(choices=LISTS)
    kind = serializers.ChoiceField(choices=KINDS)
    value = serializers.CharField(help_text="As it is compared; of a user the id.")
    until = serializers.DateTimeField(allow_null=True)
    in_force = serializers.BooleanField(help_text="It has not ended.")
    reason = serializers.CharField()
    by = serializers.CharField(help_text="Who made it, or changed it last.")
    created_at = serializers.DateTimeField()


class RulePage(PageAnswer):
    """A page of rules."""

    results = RuleAnswer(many=True)
