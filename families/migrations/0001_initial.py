import django_mongodb_backend.fields
import families.models.family
import families.rules
import functools
import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_id", models.CharField(max_length=64)),
                ("role", models.CharField(max_length=16)),
                ("joined_at", models.DateTimeField()),
                ("is_backup_admin", models.BooleanField(default=False)),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Family",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("fam",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("name", models.CharField(max_length=100)),
                ("status", models.CharField(default=families.rules.FamilyStatus["ACTIVE"], max_length=16)),
                ("founder_id", models.CharField(max_length=64)),
                (
                    "admin_user_ids",
                    django_mongodb_backend.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list
                    ),
                ),
                (
                    "members",
                    django_mongodb_backend.fields.EmbeddedModelArrayField(
                        embedded_model=families.models.family.Member
                    ),
                ),
                ("open_invitations", models.JSONField(default=list)),
                ("account_id", models.CharField(max_length=64)),
                ("limits", models.JSONField(default=dict)),
                ("settings", models.JSONField(default=dict)),
                ("notification_settings", models.JSONField(default=dict)),
                ("version", models.BigIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("dissolved_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "families",
                "db_table": "families",
            },
        ),
        migrations.CreateModel(
            name="FamilyPerson",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id", editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                (
                    "founded",
                    django_mongodb_backend.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list
                    ),
                ),
                (
                    "member_of",
                    django_mongodb_backend.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list
                    ),
                ),
                ("limits", models.JSONField(default=dict)),
                ("grace", models.JSONField(null=True)),
                ("notice_preferences", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name_plural": "family people",
                "db_table": "family_people",
            },
        ),
        CreateIndexes(
            "families",
            [
                Index(("admin_user_ids",)),
                Index(("members.user_id",)),
                Index(("account_id",)),
                Index(("-created_at", "-_id")),
                Index(("status", "-created_at", "-_id")),
            ],
        ),
    ]
