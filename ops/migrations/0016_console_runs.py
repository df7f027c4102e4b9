from datetime import timedelta

from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0015_console_filters"),
    ]

    operations = [
        CreateIndexes(
            "console_runs",
            [
                Index(("state", "lease_until")),
                Index(("started_at",), ttl=timedelta(days=60)),
            ],
        ),
        CreateIndexes("console_run_parts", [Index(("started_at",), ttl=timedelta(days=60))]),
    ]
