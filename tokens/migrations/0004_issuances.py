import functools

import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0003_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="Issuance",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("iss",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("account", models.CharField(max_length=64)),
                ("amount", models.BigIntegerField()),
                ("reason", models.CharField(max_length=500)),
                ("status", models.CharField(default="pending", max_length=16)),
                ("asked_by", models.CharField(max_length=64)),
                ("asked_by_name", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("decided_by", models.CharField(max_length=64, null=True)),
                ("decided_by_name", models.CharField(max_length=64, null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("transaction", models.CharField(max_length=64, null=True)),
            ],
            options={"db_table": "issuances"},
        ),
        CreateIndexes(
            "issuances",
            [
                Index(("-asked_at", "-_id")),
                Index(("status", "-asked_at", "-_id")),
                Index(("account", "-asked_at", "-_id")),
            ],
        ),
    ]
