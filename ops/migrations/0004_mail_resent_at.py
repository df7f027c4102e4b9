from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0003_outbox_and_notices"),
    ]

    operations = [
        migrations.AddField(
            model_name="mail",
            name="resent_at",
            field=models.DateTimeField(null=True),
        ),
    ]
