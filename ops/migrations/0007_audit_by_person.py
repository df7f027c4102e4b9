from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0006_admin_actions"),
    ]

    operations = [
        CreateIndexes(
            "audit_log",
            [
                Index(("actor", "action", "-at")),
                Index(("target", "action", "-at")),
                Index(("before.members", "action", "-at"), partial={"before.members": {"$gt": ""}}),
            ],
        ),
    ]
