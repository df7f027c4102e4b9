import datetime
import functools

import django_mongodb_backend.fields
from django.db import migrations, models

import ops.ids
from ops.mongo.indexes import CreateIndexes, Index


def _texts(length: int) -> django_mongodb_backend.fields.ArrayField:
    return django_mongodb_backend.fields.ArrayField(
        base_field=models.CharField(max_length=length), default=list, size=None
    )


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0013_clear_cache"),
    ]

    operations = [
        migrations.AddField("user", "second_factor", models.JSONField(null=True)),
        migrations.AddField("user", "second_factor_pending", models.JSONField(null=True)),
        migrations.AddField("session", "second_factor_at", models.DateTimeField(null=True)),
        migrations.AddField("session", "fresh_until", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="SignInChallenge",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id", editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("user_id", models.CharField(max_length=64)),
                ("security_stamp", models.CharField(max_length=64)),
                ("address", models.CharField(max_length=64, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "sign_in_challenges"},
        ),
        migrations.CreateModel(
            name="PermanentToken",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, "tok"),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("user_id", models.CharField(max_length=64)),
                ("description", models.CharField(max_length=255)),
                ("scopes", _texts(16)),
                ("ip_restrictions", _texts(64)),
                ("digest", models.CharField(max_length=64)),
                ("security_stamp", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("usage_count", models.BigIntegerField(default=0)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "api_tokens"},
        ),
        CreateIndexes("sign_in_challenges", [Index(("expires_at",), ttl=datetime.timedelta(days=1))]),
        CreateIndexes(
            "api_tokens",
            [
                Index(("digest",), unique=True),
                Index(("user_id", "-created_at", "-_id")),
                Index(("-created_at", "-_id")),
                Index(("expires_at",), ttl=datetime.timedelta(days=30)),
            ],
        ),
    ]
