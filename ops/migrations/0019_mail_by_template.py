from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0018_audit_by_action"),
    ]

    operations = [
        CreateIndexes("email_outbox", [Index(("template", "-created_at", "-_id"))]),
    ]
