import functools

import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index
from tokens.models.system import OpenSystemAccount

INDEXES = [
    Index(("family_id", "status", "-created_at", "-_id")),
    Index(("family_id", "requester_id", "status", "-created_at", "-_id")),
    Index(("status", "expires_at")),
    Index(("-created_at", "-_id")),
    Index(("status", "-created_at", "-_id")),
]


def _id(prefix: str) -> models.CharField:
    return models.CharField(
        db_column="_id",
        default=functools.partial(ops.ids.new_id, prefix),
        editable=False,
        max_length=64,
        primary_key=True,
        serialize=False,
    )


def _common() -> list[tuple[str, models.Field]]:
    return [
        ("v", models.PositiveSmallIntegerField(default=1)),
        ("account", models.CharField(max_length=64)),
        ("family_id", models.CharField(max_length=64)),
        ("requester_id", models.CharField(max_length=64)),
        ("requester_name", models.CharField(max_length=64)),
        ("amount", models.BigIntegerField()),
        ("reason", models.CharField(max_length=500)),
        ("status", models.CharField(default="pending", max_length=16)),
        ("created_at", models.DateTimeField()),
        ("expires_at", models.DateTimeField()),
        ("ended_at", models.DateTimeField(null=True)),
        ("reviewed_by", models.CharField(max_length=64, null=True)),
        ("reviewed_by_name", models.CharField(max_length=64, null=True)),
        ("reviewed_at", models.DateTimeField(null=True)),
        ("comments", models.CharField(max_length=1000, null=True)),
        ("transaction", models.CharField(max_length=64, null=True)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0005_rolled_up"),
    ]

    operations = [
        migrations.CreateModel(
            name="TokenRequest",
            fields=[
                *_common(),
                ("id", _id("req")),
                ("urgency", models.CharField(default="medium", max_length=16)),
                ("waits", models.JSONField(null=True)),
            ],
            options={"abstract": False, "db_table": "token_requests"},
        ),
        migrations.CreateModel(
            name="PurchaseRequest",
            fields=[
                *_common(),
                ("id", _id("pr")),
                ("item_name", models.CharField(max_length=200)),
                ("link", models.CharField(max_length=2000, null=True)),
            ],
            options={"abstract": False, "db_table": "purchase_requests"},
        ),
        migrations.AddField("sbdaccount", "touches", models.BigIntegerField(default=0)),
        CreateIndexes("token_requests", INDEXES),
        CreateIndexes("purchase_requests", INDEXES),
        OpenSystemAccount("system_merchant"),
    ]
