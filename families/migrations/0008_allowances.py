from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0007_emergencies"),
    ]

    operations = [
        migrations.AddField("family", "allowances_version", models.BigIntegerField(default=0)),
    ]
