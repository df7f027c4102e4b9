import families.rules.recovery
import functools
import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0003_departures"),
    ]

    operations = [
        migrations.CreateModel(
            name="FamilyRecovery",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("rec",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("family_id", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        default=families.rules.recovery.RecoveryStatus["PENDING"], max_length=32
                    ),
                ),
                ("initiated_by", models.CharField(max_length=64)),
                ("required", models.PositiveIntegerField()),
                ("voters", models.JSONField(default=list)),
                ("promoted_user_id", models.CharField(max_length=64, null=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "family recoveries",
                "db_table": "recoveries",
            },
        ),
        migrations.AddField("family", "recoveries_version", models.BigIntegerField(default=0)),
        CreateIndexes(
            "recoveries",
            [
                Index(("family_id",), unique=True, partial={"status": "pending_verification"}),
                Index(("status", "expires_at")),
            ],
        ),
    ]
