"""Bodies and answers of invitations. Source: HTTP contract, sections 5 and 14."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from families import rules
from families.invitations.rules import InvitationStatus
from family_site.identity.rules import EMAIL_LENGTH, email_fault
from ops.errors import FieldFault
from ops.web.cursors import PageAnswer
from ops.web.schema import OkAnswer
from ops.web.serializers import Choice, StrictSerializer, Text

STATUSES = [str(each) for each in InvitationStatus]
TYPES = [str(each) for each in rules.RelationshipType]
LONGEST_TYPE = 32
USERNAME = "username"


class InviteBody(StrictSerializer):
    """POST /family/{family_id}/invite."""

    constraints = {  # what is not called a username is an address
        "if": {"properties": {"identifier_type": {"const": USERNAME}}, "required": ["identifier_type"]},
        "else": {"properties": {"identifier": {"format": "email"}}},
    }

    identifier = Text(min_length=1, max_length=EMAIL_LENGTH, examples=["omar@example.com"])
    identifier_type = Choice(choices=["email", USERNAME], required=False, default="email")
    relationship_type = Text(
        min_length=1,
        max_length=LONGEST_TYPE,
        enum=TYPES,
        help_text="What the invitee is to the inviter; taken in upper case too.",
    )

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Want an address where none but an address can be meant."""
        identifier = sent.get("identifier")
        if sent.get("identifier_type", "email") != "email" or not isinstance(identifier, str):
            return []
        fault = email_fault(identifier)
        return [FieldFault("identifier", *fault)] if fault else []


class RespondBody(StrictSerializer):
    """POST /family/invitation/{invitation_id}/respond."""

    action = Choice(choices=["accept", "decline"])


class InvitationAnswer(serializers.Serializer[Any]):
    """An invitation; the state of its mail is told to admins and to the inviter."""

    invitation_id = serializers.CharField()
    family_id = serializers.CharField()
    family_name = serializers.CharField()
    inviter_user_id = serializers.CharField()
    inviter_username = serializers.CharField()
    invitee_email = serializers.CharField(allow_null=True, help_text="Null: not what was typed, or blanked.")
    invitee_username = serializers.CharField(allow_null=True, help_text="Null: not what was typed.")
    relationship_type = serializers.ChoiceField(choices=TYPES)
    status = serializers.ChoiceField(choices=STATUSES)
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    responded_at = serializers.DateTimeField(allow_null=True)
    email_status = serializers.ChoiceField(choices=["queued", "sent", "failed", "none"], required=False)
    resend_count = serializers.IntegerField(required=False)


class InvitationPage(PageAnswer):
    """Invitations, newest first."""

    results = InvitationAnswer(many=True)


class AnsweredData(serializers.Serializer[Any]):
    """What became of an invitation."""

    status = serializers.ChoiceField(choices=STATUSES)
    family_id = serializers.CharField()
    relationship_type = serializers.ChoiceField(choices=TYPES)
    message = serializers.CharField()


class RespondedAnswer(OkAnswer):
    """An invitation was answered by its invitee."""

    action = serializers.ChoiceField(choices=["accept", "decline"])
    data = AnsweredData()  # type: ignore[assignment]  # a field; DRF takes it out of the class


class AcceptedByLink(OkAnswer):
    """An invitation was accepted by its link."""

    action = serializers.ChoiceField(choices=["accepted"])
    family_id = serializers.CharField()
    redirect_url = serializers.CharField()
    data = AnsweredData()  # type: ignore[assignment]  # a field; DRF takes it out of the class


class DeclinedByLink(OkAnswer):
    """An invitation was declined by its link."""

    action = serializers.ChoiceField(choices=["declined"])
    redirect_url = serializers.CharField()


class OpenedInvitation(serializers.Serializer[Any]):
    """An invitation as whoever has the link sees it."""

    family_name = serializers.CharField()
    inviter_username = serializers.CharField()
    relationship_type = serializers.ChoiceField(choices=TYPES)
    expires_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=STATUSES)


class LinkAction(serializers.Serializer[Any]):
    """How to do it."""

    method = serializers.ChoiceField(choices=["POST"])
    href = serializers.CharField()


class LinkActions(serializers.Serializer[Any]):
    """What can be done."""

    accept = LinkAction()
    decline = LinkAction()


class LinkAnswer(serializers.Serializer[Any]):
    """What a link opens."""

    invitation = OpenedInvitation()
    invitee_hint = serializers.CharField(help_text="For example `b…@example.com`.")
    actions = LinkActions()


class ResentAnswer(OkAnswer):
    """The mail is in the outbox again."""

    email_sent = serializers.BooleanField(help_text="It is durably in the outbox.")
    email_status = serializers.ChoiceField(choices=["queued", "sent", "failed", "none"])
    resent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class HandedOverAnswer(serializers.Serializer[Any]):
    """A link, shown this once."""

    link = serializers.CharField()
    expires_at = serializers.DateTimeField()


class CancelledAnswer(OkAnswer):
    """The invitation was taken back."""

    cancelled_at = serializers.DateTimeField()


class CleanedUpAnswer(OkAnswer):
    """What was marked and blanked; 0 the second time."""

    expired = serializers.IntegerField()
    expired_count = serializers.IntegerField(help_text="The same as `expired`.")
    cleaned_count = serializers.IntegerField(help_text="Addresses that were blanked.")
    total_processed = serializers.IntegerField()
    timestamp = serializers.DateTimeField()
