import functools

import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index

from tokens.models.system import OpenSystemAccount


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0002_holders"),
    ]

    operations = [
        migrations.CreateModel(
            name="SbdTransaction",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("txn",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("kind", models.CharField(max_length=32)),
                ("postings", models.JSONField(default=list)),
                ("actor", models.CharField(max_length=64)),
                ("actor_name", models.CharField(max_length=64)),
                ("note", models.CharField(max_length=500, null=True)),
                ("key", models.CharField(max_length=128, null=True)),
                ("related", models.JSONField(null=True)),
                ("reverses", models.CharField(max_length=64, null=True)),
                ("request_id", models.CharField(max_length=64, null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "transaction",
                "db_table": "sbd_transactions",
            },
        ),
        CreateIndexes(
            "sbd_transactions",
            [
                Index(("actor", "-at")),
                Index(("-at", "-_id")),
                Index(("key",), unique=True, partial={"key": {"$gt": ""}}),
                Index(("reverses",), unique=True, partial={"reverses": {"$gt": ""}}),
            ],
        ),
        migrations.CreateModel(
            name="SbdEntry",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id", editable=False, max_length=160, primary_key=True, serialize=False
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("account", models.CharField(max_length=64)),
                ("seq", models.BigIntegerField(null=True)),
                ("kind", models.CharField(max_length=32)),
                ("amount", models.BigIntegerField()),
                ("balance_after", models.BigIntegerField(null=True)),
                ("transaction", models.CharField(max_length=64)),
                ("username", models.CharField(max_length=64, verbose_name="account name")),
                ("other", models.JSONField(default=dict)),
                ("actor", models.JSONField(default=dict)),
                ("people", models.JSONField(default=list)),
                ("note", models.CharField(max_length=500, null=True)),
                ("related", models.JSONField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "entry",
                "verbose_name_plural": "entries",
                "db_table": "sbd_entries",
            },
        ),
        CreateIndexes(
            "sbd_entries",
            [
                Index(("account", "-at", "-_id")),
                Index(("account", "kind", "-at", "-_id")),
                Index(("account", "people", "-at", "-_id")),
                Index(("transaction",)),
            ],
        ),
        migrations.AddField("sbdaccount", "last_at", models.DateTimeField(null=True)),
        migrations.AddField("sbdaccount", "notification_settings", models.JSONField(null=True)),
        OpenSystemAccount("system_issuance"),
    ]
