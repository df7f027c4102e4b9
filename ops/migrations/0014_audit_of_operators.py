from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0013_mail_request_id"),
    ]

    operations = [
        CreateIndexes(
            "audit_log",
            [
                Index(
                    ("actor_kind", "-at", "-_id"),
                    partial={"actor_kind": {"$in": ["staff", "shell"]}},
                ),
            ],
        ),
    ]
