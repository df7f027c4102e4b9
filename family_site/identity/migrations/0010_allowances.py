from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0009_emergencies"),
    ]

    operations = [
        Permit(
            {
                "tokens.view_allowance": ["finance", "auditor"],
                "tokens.view_allowancepayment": ["finance", "auditor"],
                "tokens.stop_allowance": ["finance"],
            }
        ),
    ]
