import datetime

from django.db import migrations, models

from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="previous",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="SignInFailures",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id", editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("count", models.PositiveIntegerField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "db_table": "sign_in_failures",
            },
        ),
        CreateIndexes("sign_in_failures", [Index(("until",), ttl=datetime.timedelta(0))]),
    ]
