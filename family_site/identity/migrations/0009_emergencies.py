from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0008_requests"),
    ]

    operations = [
        Permit({"families.view_emergencyunfreeze": ["support", "finance", "auditor"]}),
    ]
