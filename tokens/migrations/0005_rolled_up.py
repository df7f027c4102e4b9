from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0004_issuances"),
    ]

    operations = [
        migrations.AddField("sbdaccount", "rolled_up", models.JSONField(null=True)),
    ]
