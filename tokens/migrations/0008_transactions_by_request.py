from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0007_allowances"),
    ]

    operations = [
        CreateIndexes(
            "sbd_transactions",
            [Index(("request_id", "-at"), partial={"request_id": {"$gt": ""}})],
        ),
    ]
