from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0017_reset_second_factor"),
    ]

    operations = [
        Permit({"ops.view_health": ["support", "operator", "auditor"]}),
    ]
