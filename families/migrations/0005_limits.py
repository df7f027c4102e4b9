from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0004_recoveries"),
    ]

    operations = [
        migrations.AddField("familyperson", "limits_version", models.BigIntegerField(default=0)),
        migrations.AddField("familyperson", "is_active", models.BooleanField(default=True)),
        CreateIndexes("families", [Index(("founder_id", "status"))]),
    ]
