from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0012_access_and_security"),
    ]

    operations = [
        # Of the model only: mails that are queued from now on have it.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField("mail", "request_id", models.CharField(max_length=64, null=True)),
            ],
        ),
        CreateIndexes(
            "email_outbox",
            [Index(("request_id", "-created_at"), partial={"request_id": {"$gt": ""}})],
        ),
    ]
