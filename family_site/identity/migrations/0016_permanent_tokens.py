from django.db import migrations, models

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0015_external_sign_in"),
    ]

    operations = [
        migrations.AddField("user", "permanent_tokens", models.JSONField(default=list)),
        Permit(
            {
                "identity.view_permanenttoken": ["support", "auditor"],
                "identity.revoke_token": ["support"],
            }
        ),
    ]
