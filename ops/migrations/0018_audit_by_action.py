from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0016_console_runs"),
    ]

    operations = [
        CreateIndexes("audit_log", [Index(("action", "-at", "-_id"))]),
    ]
