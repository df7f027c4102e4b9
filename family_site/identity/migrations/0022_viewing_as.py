from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0021_view_as"),
    ]

    operations = [
        migrations.AddField("session", "viewing_as", models.JSONField(null=True)),
        migrations.AddField("session", "revoked_reason", models.CharField(max_length=32, null=True)),
    ]
