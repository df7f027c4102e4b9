from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0007_audit_by_person"),
    ]

    operations = [
        CreateIndexes("notifications", [Index(("family_id", "-created_at"))]),
    ]
