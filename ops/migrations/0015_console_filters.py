from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0014_audit_of_operators"),
    ]

    operations = [
        CreateIndexes(
            "console_filters",
            [
                Index(("owner", "model", "name"), unique=True),
                Index(("model",), partial={"shared": True}),
            ],
        ),
    ]
