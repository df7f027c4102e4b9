import datetime

from django.db import migrations, models

from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id", editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("target", models.CharField(max_length=64)),
                ("body_hash", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("body", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "idempotency_keys",
            },
        ),
        CreateIndexes("idempotency_keys", [Index(("expires_at",), ttl=datetime.timedelta(0))]),
    ]
