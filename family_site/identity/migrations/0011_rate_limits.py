from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0010_allowances"),
    ]

    operations = [
        Permit(
            {
                "ops.view_limitoverride": ["support", "operator", "auditor"],
                "ops.change_limits": ["operator"],
                "ops.clear_counters": ["support", "operator"],
            }
        ),
    ]
