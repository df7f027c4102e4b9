from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0008_notices_of_a_family"),
    ]

    operations = [
        migrations.AddField("auditentry", "as_staff", models.BooleanField(default=False)),
    ]
