from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0009_audit_as_staff"),
    ]

    operations = [
        # Of the models only: an entry has these fields once it is sealed, and nothing reads them before.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField("auditentry", "seq", models.BigIntegerField(null=True)),
                migrations.AddField("auditentry", "family_seq", models.BigIntegerField(null=True)),
                migrations.AddField("auditentry", "sealed_at", models.DateTimeField(null=True)),
                migrations.AddField("auditentry", "key_id", models.CharField(max_length=16, null=True)),
                migrations.AddField(
                    "auditentry", "private_digest", models.CharField(max_length=64, null=True)
                ),
                migrations.AddField("auditentry", "previous", models.CharField(max_length=64, null=True)),
                migrations.AddField("auditentry", "hash", models.CharField(max_length=64, null=True)),
            ],
        ),
        CreateIndexes(
            "audit_log",
            [
                Index(("at", "_id"), partial={"seq": None}),
                Index(("seq",), unique=True, partial={"seq": {"$gt": 0}}),
                Index(("family_id", "family_seq"), partial={"family_seq": {"$gt": 0}}),
            ],
        ),
    ]
