from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0001_initial"),
    ]

    operations = [
        CreateIndexes("sbd_accounts", [Index(("holders.user_id",))]),
    ]
