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
        ("identity", "0003_staff_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="Challenge",
            fields=[
                ("id", _id("chl")),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("kind", models.CharField(max_length=32)),
                ("user_id", models.CharField(max_length=64)),
                ("address", models.CharField(max_length=254)),
                ("security_stamp", models.CharField(max_length=64)),
                ("link", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "challenges"},
        ),
        migrations.CreateModel(
            name="LinkRequest",
            fields=[
                ("id", _id("ask")),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("kind", models.CharField(max_length=32)),
                ("address", models.CharField(max_length=254)),
                ("origin", models.JSONField(default=dict)),
                ("asked_at", models.DateTimeField()),
            ],
            options={"db_table": "link_requests"},
        ),
        migrations.AddField(
            model_name="signinfailures",
            name="typed",
            field=models.CharField(max_length=64, null=True),
        ),
        CreateIndexes(
            "challenges",
            [
                Index(("link.digest",), unique=True),
                Index(("user_id", "kind"), unique=True),
                Index(("expires_at",), ttl=datetime.timedelta(days=1)),
            ],
        ),
        CreateIndexes("link_requests", [Index(("asked_at",), ttl=datetime.timedelta(days=7))]),
        CreateIndexes("sign_in_failures", [Index(("typed",))]),
    ]
