from django.db import migrations
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("invitations", "0001_initial"),
    ]

    operations = [
        CreateIndexes("family_invitations", [Index(("-responded_at", "-_id"))]),
    ]
