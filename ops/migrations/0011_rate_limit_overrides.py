from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0010_audit_chain"),
    ]

    operations = [
        migrations.CreateModel(
            name="LimitOverride",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id", editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("endpoint", models.CharField(max_length=300)),
                ("limit", models.PositiveIntegerField()),
                ("window", models.PositiveIntegerField()),
                ("until", models.DateTimeField()),
                ("by", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=500, null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={"db_table": "rate_limit_overrides", "verbose_name": "rate limit override"},
        ),
        CreateIndexes("rate_limit_overrides", [Index(("until",))]),
    ]
