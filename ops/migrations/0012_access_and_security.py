import datetime
import functools

from django.db import migrations, models

import ops.ids
from ops.mongo.indexes import CreateIndexes, Index


def _id(prefix: str) -> models.CharField:
    return models.CharField(
        db_column="_id",
        default=functools.partial(ops.ids.new_id, prefix),
        editable=False,
        max_length=64,
        primary_key=True,
        serialize=False,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0011_rate_limit_overrides"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessRule",
            fields=[
                ("id", _id("acr")),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("list", models.CharField(max_length=16)),
                ("kind", models.CharField(max_length=16)),
                ("value", models.CharField(max_length=254)),
                ("until", models.DateTimeField(null=True)),
                ("reason", models.CharField(max_length=500)),
                ("by", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
            ],
            options={"db_table": "access_rules"},
        ),
        migrations.CreateModel(
            name="SecurityEvent",
            fields=[
                ("id", _id("sev")),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("type", models.CharField(max_length=32)),
                ("subject", models.CharField(max_length=64)),
                ("count", models.PositiveIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("facts", models.JSONField(default=dict)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_by", models.CharField(max_length=64, null=True)),
                ("note", models.CharField(max_length=500, null=True)),
            ],
            options={"db_table": "security_events"},
        ),
        CreateIndexes(
            "access_rules",
            [
                Index(("list", "kind", "value"), unique=True),
                Index(("list", "-created_at", "-_id")),
                Index(("list", "kind", "-created_at", "-_id")),
                Index(("kind", "-created_at", "-_id")),
                Index(("-created_at", "-_id")),
                Index(("value", "-created_at")),
                Index(("until",), ttl=datetime.timedelta(days=30)),
            ],
        ),
        CreateIndexes(
            "security_events",
            [
                Index(("-last_at", "-_id")),
                Index(("type", "-last_at", "-_id")),
                Index(("subject", "-last_at", "-_id")),
                Index(("subject", "type", "-last_at", "-_id")),
                Index(("last_at",), ttl=datetime.timedelta(days=90)),
            ],
        ),
    ]
