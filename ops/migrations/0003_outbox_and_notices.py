import datetime
import functools

from django.db import migrations, models

import ops.ids
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0002_idempotency_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("mail",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("key", models.CharField(max_length=128)),
                ("to", models.CharField(max_length=254)),
                ("template", models.CharField(max_length=64)),
                ("context", models.JSONField(default=dict)),
                ("message_id", models.CharField(max_length=200)),
                ("status", models.CharField(max_length=16)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("fault", models.CharField(max_length=200, null=True)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "e-mail",
                "db_table": "email_outbox",
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("ntf",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("user_id", models.CharField(max_length=64)),
                ("family_id", models.CharField(max_length=64, null=True)),
                ("type", models.CharField(max_length=64)),
                ("data", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "notifications",
            },
        ),
        CreateIndexes(
            "email_outbox",
            [
                Index(("key",), unique=True),
                Index(("status", "next_attempt_at")),
                Index(("-created_at", "-_id")),
                Index(("status", "-created_at", "-_id")),
                Index(("to", "-created_at")),
                Index(("sent_at",), ttl=datetime.timedelta(days=30)),
            ],
        ),
        CreateIndexes(
            "notifications",
            [
                Index(("user_id", "-created_at", "-_id")),
                Index(("user_id", "read_at", "-created_at")),
                Index(("user_id", "family_id", "-created_at", "-_id")),
                Index(("created_at",), ttl=datetime.timedelta(days=400)),
            ],
        ),
    ]
