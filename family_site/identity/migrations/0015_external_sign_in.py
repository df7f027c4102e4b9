import datetime

from django.db import migrations, models

from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0014_second_factor"),
    ]

    operations = [
        migrations.AddField("user", "external_identities", models.JSONField(default=list)),
        migrations.CreateModel(
            name="ExternalSignIn",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id", editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("expires_at", models.DateTimeField()),
            ],
            options={"db_table": "external_sign_ins"},
        ),
        CreateIndexes(
            "users",
            [
                Index(
                    ("external_identities.subject", "external_identities.issuer"),
                    unique=True,
                    partial={"external_identities.subject": {"$gt": ""}},
                )
            ],
        ),
        CreateIndexes("external_sign_ins", [Index(("expires_at",), ttl=datetime.timedelta(0))]),
    ]
