from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0002_relationships"),
    ]

    operations = [
        migrations.AddField("family", "relationships_version", models.BigIntegerField(default=0)),
        CreateIndexes(
            "family_relationships",
            [
                Index(("family_id", "user_a.user_id", "status")),
                Index(("family_id", "user_b.user_id", "status")),
            ],
        ),
    ]
