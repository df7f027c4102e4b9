import datetime
import family_site.identity.models.user
import functools
import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("ses",), **{}),
                        editable=False,
                        max_length=128,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("kind", models.CharField(max_length=16)),
                ("user_id", models.CharField(max_length=64, null=True)),
                ("security_stamp", models.CharField(max_length=64, null=True)),
                ("created_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("refresh", models.JSONField(null=True)),
                ("data", models.TextField(default="")),
                ("address", models.CharField(max_length=64, null=True)),
                ("user_agent", models.CharField(max_length=200, null=True)),
            ],
            options={
                "db_table": "sessions",
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("user",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("username", models.CharField(max_length=50)),
                ("email", models.CharField(max_length=254)),
                ("email_confirmed_at", models.DateTimeField(null=True)),
                (
                    "security_stamp",
                    models.CharField(
                        default=family_site.identity.models.user.new_stamp, editable=False, max_length=64
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "db_table": "users",
            },
        ),
        CreateIndexes(
            "users",
            [
                Index(("username",), unique=True),
                Index(("email",), unique=True),
                Index(("-created_at", "-_id")),
                Index(("is_staff", "-created_at", "-_id")),
                Index(("is_active", "-created_at", "-_id")),
            ],
        ),
        CreateIndexes(
            "sessions",
            [
                Index(("user_id", "-created_at")),
                Index(("-created_at", "-_id")),
                Index(("expires_at",), ttl=datetime.timedelta(days=1)),
            ],
        ),
    ]
