"""Bodies and answers of members and relationships. Source: HTTP contract, section 6."""

from typing import Any

from rest_framework import serializers

from families import rules
from families.api.serializers import SpendingPermissions
from ops.web.cursors import PageAnswer
from ops.web.schema import OkAnswer
from ops.web.serializers import Choice, StrictSerializer, Text

TYPES = [str(each) for each in rules.RelationshipType]
ROLES = [str(each) for each in rules.MemberRole]
SELF, NO_RELATIVE = "self", "member"
ID_LENGTH = 64
LONGEST_TYPE = 32


class AdminBody(StrictSerializer):
    """POST /family/{family_id}/members/{user_id}/admin."""

    action = Choice(choices=["promote", "demote"])


class BackupAdminBody(StrictSerializer):
    """POST /family/{family_id}/members/{user_id}/backup-admin."""

    action = Choice(choices=["designate", "remove"])


class RelationshipBody(StrictSerializer):
    """PUT /family/{family_id}/relationships."""

    user_a_id = Text(min_length=1, max_length=ID_LENGTH)
    user_b_id = Text(min_length=1, max_length=ID_LENGTH)
    new_relationship_type = Text(
        min_length=1,
        max_length=LONGEST_TYPE,
        enum=TYPES,
        help_text="What B is to A; taken in upper case too.",
    )
    reciprocal_type = Text(
        min_length=1,
        max_length=LONGEST_TYPE,
        enum=TYPES,
        required=False,
        help_text="What A is to B; not sent: follows from the other.",
    )


class Relative(serializers.Serializer[Any]):
    """Another member to whom this one is related."""

    related_user_id = serializers.CharField()
    related_username = serializers.CharField()
    relationship_type = serializers.ChoiceField(choices=TYPES, help_text="What the other is to this member.")
    relationship_id = serializers.CharField()


class MemberAnswer(serializers.Serializer[Any]):
    """A member as the caller sees them."""

    user_id = serializers.CharField()
    username = serializers.CharField()
    email = serializers.CharField(allow_null=True, help_text="For admins and the member; else null.")
    role = serializers.ChoiceField(choices=ROLES)
    is_backup_admin = serializers.BooleanField()
    joined_at = serializers.DateTimeField()
    relationship_type = serializers.ChoiceField(
        choices=[*TYPES, SELF, NO_RELATIVE], help_text="What this member is to the caller."
    )
    relationships = Relative(many=True)
    spending_permissions = SpendingPermissions()


class RemovedAnswer(OkAnswer):
    """A member was removed."""

    removed_user_id = serializers.CharField()
    removed_username = serializers.CharField()
    relationships_cleaned = serializers.IntegerField()
    permissions_revoked = serializers.BooleanField()
    requests_cancelled = serializers.IntegerField()
    removed_at = serializers.DateTimeField()


class LeftAnswer(OkAnswer):
    """The caller has left."""

    family_id = serializers.CharField()
    left_at = serializers.DateTimeField()
    promoted_user_id = serializers.CharField(allow_null=True)


class _Performed(OkAnswer):
    """Who did it, and when."""

    family_id = serializers.CharField()
    performed_by = serializers.CharField()
    performed_by_username = serializers.CharField()
    performed_at = serializers.DateTimeField()


class AdminAnswer(_Performed):
    """A role was changed."""

    target_user_id = serializers.CharField()
    target_username = serializers.CharField()
    action = serializers.ChoiceField(choices=["promoted", "demoted"])
    new_role = serializers.ChoiceField(choices=ROLES)
    promoted_user_id = serializers.CharField(
        required=False, help_text="The backup admin who took over from the last admin."
    )


class BackupAdminAnswer(_Performed):
    """A backup admin was designated, or is one no longer."""

    backup_user_id = serializers.CharField()
    backup_username = serializers.CharField()
    action = serializers.ChoiceField(choices=["designated", "removed"])
    role = serializers.ChoiceField(choices=["backup_admin", "member"])


class AdminActionAnswer(serializers.Serializer[Any]):
    """What an admin did, as the audit log has it."""

    action_id = serializers.CharField()
    family_id = serializers.CharField()
    admin_user_id = serializers.CharField(allow_null=True, help_text="Null: staff did it.")
    admin_username = serializers.CharField()
    target_user_id = serializers.CharField(allow_null=True, help_text="Null: it concerns no person.")
    target_username = serializers.CharField(allow_null=True)
    action_type = serializers.CharField()
    details = serializers.DictField()
    created_at = serializers.DateTimeField()
    ip_address = serializers.CharField(allow_null=True, help_text="Of the caller's own rows only.")
    user_agent = serializers.CharField(allow_null=True, help_text="Of the caller's own rows only.")


class AdminActionPage(PageAnswer):
    """What admins did, newest first."""

    family_id = serializers.CharField()
    results = AdminActionAnswer(many=True)


class Side(serializers.Serializer[Any]):
    """One of the two."""

    user_id = serializers.CharField()
    username = serializers.CharField()
    relationship_type = serializers.ChoiceField(choices=TYPES, help_text="What the other is to them.")


class RelationshipAnswer(serializers.Serializer[Any]):
    """A relationship, seen from both sides."""

    relationship_id = serializers.CharField()
    family_id = serializers.CharField()
    user_a = Side()
    user_b = Side()
    status = serializers.ChoiceField(choices=["active"])
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RelationshipChanged(OkAnswer):
    """What two members are to each other now."""

    relationship_id = serializers.CharField()
    family_id = serializers.CharField()
    user_a_id = serializers.CharField()
    user_b_id = serializers.CharField()
    old_relationship_type = serializers.ChoiceField(
        choices=TYPES, allow_null=True, help_text="Null: there was none."
    )
    new_relationship_type = serializers.ChoiceField(choices=TYPES)
    new_reciprocal_type = serializers.ChoiceField(choices=TYPES)
    modified_by = serializers.CharField()
    modified_at = serializers.DateTimeField()


class DissolveBody(StrictSerializer):
    """DELETE /family/{family_id}; clients that cannot send a body put it into the query."""

    payout_to = Text(min_length=1, max_length=ID_LENGTH, required=False)


class Payout(serializers.Serializer[Any]):
    """What became of the tokens on a family's account."""

    transaction_id = serializers.CharField()
    amount = serializers.IntegerField()
    to_user_id = serializers.CharField()


class DissolvedAnswer(OkAnswer):
    """What ended with a family."""

    family_id = serializers.CharField()
    members_notified = serializers.IntegerField()
    relationships_cleaned = serializers.IntegerField()
    invitations_cancelled = serializers.IntegerField()
    requests_closed = serializers.IntegerField()
    sbd_account_handled = serializers.BooleanField(help_text="The account was closed.")
    payout = Payout(allow_null=True, help_text="Null: there was nothing to pay out.")
    deleted_at = serializers.DateTimeField()
