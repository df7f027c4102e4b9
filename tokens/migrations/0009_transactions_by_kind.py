from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0008_transactions_by_request"),
    ]

    operations = [
        CreateIndexes("sbd_transactions", [Index(("kind", "-at", "-_id"))]),
    ]
