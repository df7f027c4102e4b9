import functools

from django.db import migrations, models

import ops.ids
import tokens.rules.allowances
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
        ("tokens", "0006_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("id", _id("allow")),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("family_id", models.CharField(max_length=64)),
                ("recipient_id", models.CharField(max_length=64)),
                ("amount", models.BigIntegerField()),
                ("frequency", models.CharField(max_length=16)),
                (
                    "status",
                    models.CharField(default=tokens.rules.allowances.ScheduleStatus["ACTIVE"], max_length=16),
                ),
                ("anchor", models.CharField(max_length=10)),
                ("next_on", models.CharField(max_length=10)),
                ("next_period", models.CharField(max_length=16)),
                ("next_at", models.DateTimeField()),
                ("next_ends_at", models.DateTimeField()),
                ("look_at", models.DateTimeField()),
                ("obstacle", models.CharField(max_length=16, null=True)),
                ("settled_on", models.CharField(max_length=10, null=True)),
                ("last_paid_at", models.DateTimeField(null=True)),
                ("created_by", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "allowances"},
        ),
        migrations.CreateModel(
            name="AllowancePayment",
            fields=[
                ("id", _id("alp")),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("allowance_id", models.CharField(max_length=64)),
                ("period", models.CharField(max_length=16)),
                ("family_id", models.CharField(max_length=64)),
                ("recipient_id", models.CharField(max_length=64)),
                ("amount", models.BigIntegerField()),
                ("status", models.CharField(max_length=16)),
                ("obstacle", models.CharField(max_length=16, null=True)),
                ("transaction", models.CharField(max_length=64, null=True)),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "allowance_payments"},
        ),
        CreateIndexes(
            "allowances",
            [
                Index(("status", "look_at")),
                Index(("status", "next_at")),
                Index(("family_id", "status", "-created_at", "-_id")),
                Index(("recipient_id", "status", "-created_at", "-_id")),
                Index(("-created_at", "-_id")),
                Index(("status", "-created_at", "-_id")),
            ],
        ),
        CreateIndexes(
            "allowance_payments",
            [
                Index(("allowance_id", "period"), unique=True),
                Index(("allowance_id", "-at", "-_id")),
                Index(("-at", "-_id")),
                Index(("status", "-at", "-_id")),
            ],
        ),
    ]
