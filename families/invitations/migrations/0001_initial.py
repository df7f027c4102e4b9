import families.invitations.rules
import functools
import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="FamilyInvitation",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("inv",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("family_id", models.CharField(max_length=64)),
                ("family_name", models.CharField(max_length=100)),
                ("inviter_id", models.CharField(max_length=64)),
                ("inviter_username", models.CharField(max_length=50)),
                ("invitee", models.CharField(max_length=260)),
                ("invitee_email", models.CharField(max_length=254, null=True)),
                ("invitee_username", models.CharField(max_length=50, null=True)),
                ("relationship_type", models.CharField(max_length=32)),
                (
                    "status",
                    models.CharField(
                        default=families.invitations.rules.InvitationStatus["PENDING"], max_length=16
                    ),
                ),
                ("link", models.JSONField(default=dict)),
                ("mail_id", models.CharField(max_length=64, null=True)),
                ("resend_count", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("responded_at", models.DateTimeField(null=True)),
                ("responded_by", models.CharField(max_length=64, null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("remind_at", models.DateTimeField(null=True)),
                ("reminded_at", models.DateTimeField(null=True)),
                ("blank_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "family_invitations",
            },
        ),
        CreateIndexes(
            "family_invitations",
            [
                Index(("status", "expires_at")),
                Index(("family_id", "status", "-created_at", "-_id")),
                Index(("family_id", "inviter_id", "status", "-created_at", "-_id")),
                Index(("invitee", "status", "-created_at", "-_id")),
                Index(("family_id", "invitee"), unique=True, partial={"status": "pending"}),
                Index(("link.digest",), unique=True),
                Index(("remind_at",)),
                Index(("blank_at",)),
                Index(("-created_at", "-_id")),
                Index(("status", "-created_at", "-_id")),
            ],
        ),
    ]
