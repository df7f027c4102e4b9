"""Bodies and answers about security events. Source: HTTP contract, section 14."""

from typing import Any

from rest_framework import serializers

from ops.guarding import SecurityEventType
from ops.web.cursors import PageAnswer
from ops.web.serializers import StrictSerializer, Text

SHORTEST_NOTE, LONGEST_NOTE = 5, 500
TYPES = [str(each) for each in SecurityEventType]


class ResolveBody(StrictSerializer):
    """POST /admin/security-events/{event_id}/resolve."""

    note = Text(
        min_length=SHORTEST_NOTE,
        max_length=LONGEST_NOTE,
        help_text="What was found, and done; kept with the event and in the audit log.",
    )


class EventAnswer(serializers.Serializer[Any]):
    """All of one type, about one subject, in one hour."""

    event_id = serializers.CharField()
    type = serializers.ChoiceField(choices=TYPES)
    subject = serializers.CharField(help_text="Id of a user, or a network address.")
    count = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    facts = serializers.DictField(help_text="Of the latest.")
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_null=True)


class EventPage(PageAnswer):
    """A page of events."""

    results = EventAnswer(many=True)
