import families.rules
import functools
import ops.ids
from django.db import migrations, models
from ops.mongo.indexes import CreateIndexes, Index


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="FamilyRelationship",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        default=functools.partial(ops.ids.new_id, *("rel",), **{}),
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("family_id", models.CharField(max_length=64)),
                ("pair", models.CharField(max_length=129)),
                ("user_a", models.JSONField()),
                ("user_b", models.JSONField()),
                (
                    "status",
                    models.CharField(default=families.rules.RelationshipStatus["ACTIVE"], max_length=16),
                ),
                ("created_by", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "family_relationships",
            },
        ),
        CreateIndexes(
            "family_relationships",
            [
                Index(("family_id", "status", "created_at", "_id")),
                Index(("family_id", "pair"), unique=True, partial={"status": "active"}),
            ],
        ),
    ]
