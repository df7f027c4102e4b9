"""Bodies and answers of notifications. Source: HTTP contract, section 12."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from families.errors import EmptyNotificationListError, TooManyNotificationsError
from ops.models.notification import NoticeStatus
from ops.notices import NoticeType, registered
from ops.web.cursors import PageAnswer
from ops.web.schema import OkAnswer
from ops.web.serializers import WRONG_TYPE, StrictBoolean, StrictSerializer, Text

STATUSES = [str(each) for each in NoticeStatus]
FEWEST_IDS, MOST_IDS = 1, 50
ID_LENGTH = 64


class NotificationIds(serializers.ListField):
    """Ids of notifications; too few and too many are refusals of their own."""

    def __init__(self, **options: Any) -> None:
        """Describe the bounds, too."""
        child = Text(min_length=1, max_length=ID_LENGTH)
        super().__init__(child=child, min_length=FEWEST_IDS, max_length=MOST_IDS, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the ids."""
        if not isinstance(data, list):
            msg = "A list is needed."
            raise ValidationError(msg, code=WRONG_TYPE)
        if len(data) < FEWEST_IDS:
            raise EmptyNotificationListError
        if len(data) > MOST_IDS:
            raise TooManyNotificationsError(most=MOST_IDS)
        ids: list[str] = super().to_internal_value(data)
        return ids


class MarkReadBody(StrictSerializer):
    """POST …/notifications/mark-read."""

    notification_ids = NotificationIds()


class WaysBody(StrictSerializer):
    """By which ways somebody wants a type; what is not sent stays."""

    in_app = StrictBoolean(required=False)
    email = StrictBoolean(required=False)


class Kinds(serializers.DictField):
    """Types of notices, each with the ways; which types there are the action knows."""

    child = WaysBody()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the ways by type."""
        if not isinstance(data, dict):
            msg = "An object is needed."
            raise ValidationError(msg, code=WRONG_TYPE)
        if len(data) > (most := len(registered())):
            msg = f"There are {most} types."
            raise ValidationError(msg, code="too_long")
        ways: dict[str, Any] = super().to_internal_value(data)
        return ways


class PreferencesBody(StrictSerializer):
    """PUT /family/notifications/preferences."""

    email_notifications = StrictBoolean(
        required=False, help_text="False: no mail but of the types that cannot be switched off."
    )
    push_notifications = StrictBoolean(required=False, help_text="Kept as a wish.")
    sms_notifications = StrictBoolean(required=False, help_text="Kept as a wish.")
    kinds = Kinds(required=False)


class _Kinds(OpenApiSerializerFieldExtension):
    target_class = Kinds

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Describe every type there is; what cannot be chosen has its one value."""
        types = {kind.name: _described(kind) for kind in registered()}
        return {"type": "object", "properties": types, "additionalProperties": False}


def _described(kind: NoticeType) -> dict[str, Any]:
    ways = {
        str(way): {"type": "boolean", **({"const": use.default} if use.fixed else {})}
        for way, use in kind.ways.items()
    }
    return {"type": "object", "properties": ways, "additionalProperties": False}


class NotificationAnswer(serializers.Serializer[Any]):
    """What somebody was told."""

    notification_id = serializers.CharField()
    family_id = serializers.CharField(allow_null=True, help_text="Null: personal.")
    type = serializers.CharField(help_text="There may come more; treat an unknown one as any.")
    title = serializers.CharField()
    message = serializers.CharField()
    data = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]  # a field; DRF takes it out of the class
    status = serializers.ChoiceField(choices=STATUSES)
    is_read = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationPage(PageAnswer):
    """Notifications, newest first."""

    results = NotificationAnswer(many=True)
    unread_count = serializers.IntegerField(help_text="In the whole list; at most 10,000.")


class MarkedAnswer(OkAnswer):
    """Some were marked as read."""

    marked_count = serializers.IntegerField()
    updated_notifications = serializers.ListField(
        child=serializers.CharField(), help_text="Ids of those that were unread."
    )


class AllMarkedAnswer(OkAnswer):
    """All were marked as read."""

    marked_count = serializers.IntegerField()


class WaysAnswer(serializers.Serializer[Any]):
    """By which ways somebody wants a type."""

    in_app = serializers.BooleanField()
    email = serializers.BooleanField()


class WishesAnswer(serializers.Serializer[Any]):
    """What somebody prefers."""

    email_notifications = serializers.BooleanField()
    push_notifications = serializers.BooleanField()
    sms_notifications = serializers.BooleanField()
    kinds = serializers.DictField(child=WaysAnswer(), help_text="By type.")


class ChannelsAnswer(serializers.Serializer[Any]):
    """What is really active, for everybody."""

    in_app = serializers.BooleanField()
    email = serializers.BooleanField()
    push = serializers.BooleanField()
    sms = serializers.BooleanField()


class PreferencesAnswer(serializers.Serializer[Any]):
    """Somebody's preferences."""

    preferences = WishesAnswer()
    channels = ChannelsAnswer()
    unread_count = serializers.IntegerField(help_text="At most 10,000.")
    last_checked = serializers.DateTimeField(
        allow_null=True, help_text="When they last marked a notification as read."
    )
