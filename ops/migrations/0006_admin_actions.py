from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0005_notices_by_status"),
    ]

    operations = [
        CreateIndexes(
            "audit_log",
            [
                Index(("family_id", "action", "-at", "-_id")),
                Index(("family_id", "target", "action", "-at", "-_id")),
            ],
        ),
    ]
