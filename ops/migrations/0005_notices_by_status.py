from django.db import migrations, models

from ops.mongo.indexes import CreateIndexes, DropIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0004_mail_resent_at"),
    ]

    operations = [
        # Nobody could mark a notice as read before: all that there are get the default.
        migrations.AddField("notification", "status", models.CharField(default="unread", max_length=16)),
        CreateIndexes(
            "notifications",
            [
                Index(("user_id", "status", "-created_at", "-_id")),
                Index(("user_id", "family_id", "status", "-created_at", "-_id")),
            ],
        ),
        DropIndexes(
            "notifications",
            [
                Index(("user_id", "-created_at", "-_id")),
                Index(("user_id", "family_id", "-created_at", "-_id")),
            ],
        ),
    ]
