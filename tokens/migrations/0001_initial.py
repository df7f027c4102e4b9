import django_mongodb_backend.fields
import functools
import ops.ids
import tokens.models.account
import tokens.rules
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Holder",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_id", models.CharField(max_length=64)),
                ("role", models.CharField(max_length=16)),
                ("can_spend", models.BooleanField(default=False)),
                ("spending_limit", models.BigIntegerField(default=0)),
                ("period_limit", models.JSONField(null=True)),
                ("period", models.JSONField(null=True)),
                ("active", models.BooleanField(default=True)),
                ("updated_by", models.CharField(max_length=64)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Owner",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=16)),
                ("owner_id", models.CharField(db_column="id", max_length=64)),
                ("active", models.BooleanField(default=True)),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="SbdAccount",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("acc",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("username", models.CharField(max_length=64, verbose_name="account name")),
                (
                    "owner",
                    django_mongodb_backend.fields.EmbeddedModelField(
                        embedded_model=tokens.models.account.Owner
                    ),
                ),
                ("status", models.CharField(default=tokens.rules.AccountStatus["ACTIVE"], max_length=16)),
                ("freeze", models.JSONField(null=True)),
                ("balance", models.BigIntegerField(default=0)),
                ("seq", models.BigIntegerField(default=0)),
                ("version", models.BigIntegerField(default=1)),
                ("large_transaction_threshold", models.BigIntegerField(default=1000)),
                (
                    "holders",
                    django_mongodb_backend.fields.EmbeddedModelArrayField(
                        embedded_model=tokens.models.account.Holder
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "SBD account",
                "db_table": "sbd_accounts",
            },
        ),
        CreateIndexes(
            "sbd_accounts",
            [
                Index(("username",), unique=True),
                Index(("owner.id", "owner.kind")),
                Index(("-created_at", "-_id")),
                Index(("owner.kind", "-created_at", "-_id")),
                Index(("status", "-created_at", "-_id")),
            ],
        ),
    ]
