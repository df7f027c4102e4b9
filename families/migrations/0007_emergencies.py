import functools

from django.db import migrations, models

import families.rules.emergency
import ops.ids
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0006_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmergencyUnfreeze",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("emr",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("family_id", models.CharField(max_length=64)),
                ("account_id", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        default=families.rules.emergency.EmergencyStatus["PENDING"], max_length=16
                    ),
                ),
                ("requested_by", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=500)),
                ("freeze", models.JSONField(default=dict)),
                ("voters", models.JSONField(default=list)),
                ("required", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "emergency unfreeze",
                "db_table": "emergency_unfreezes",
            },
        ),
        CreateIndexes(
            "emergency_unfreezes",
            [
                Index(("account_id",), unique=True, partial={"status": "pending"}),
                Index(("status", "expires_at")),
                Index(("family_id", "status", "-created_at", "-_id")),
                Index(("family_id", "-created_at", "-_id")),
                Index(("-created_at", "-_id")),
                Index(("status", "-created_at", "-_id")),
            ],
        ),
    ]
