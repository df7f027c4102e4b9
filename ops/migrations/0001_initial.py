import functools
import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("aud",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=64)),
                ("actor_kind", models.CharField(max_length=16)),
                ("action", models.CharField(max_length=64)),
                ("target", models.CharField(max_length=64)),
                ("family_id", models.CharField(max_length=64, null=True)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("request_id", models.CharField(max_length=64, null=True)),
                ("private", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
                "db_table": "audit_log",
            },
        ),
        CreateIndexes(
            "audit_log",
            [
                Index(("target", "-at")),
                Index(("actor", "-at")),
                Index(("family_id", "-at")),
                Index(("-at", "-_id")),
                Index(("request_id", "-at"), partial={"request_id": {"$gt": ""}}),
            ],
        ),
    ]
